"""What a password that stands alone must not be, beyond what Django knows."""

from __future__ import annotations

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_REPEATED = re.compile(r"(.+?)\1+", re.DOTALL)


class NotOnePartRepeated:
    """Refuses `passwordpassword` and `abcabcabcabcabc`: who tries words tries them twice as well."""

    def validate(self, password: str, user: Any = None) -> None:
        if _REPEATED.fullmatch(password.casefold()):
            raise ValidationError(_("This password is one part repeated. Put different words together."))

    def get_help_text(self) -> str:
        return _("Your password must not be one part repeated.")
