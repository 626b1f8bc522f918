"""Work of the API in the background."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.api import repeating
from interlock.fabric import work


@work.task(title=_("Forget answers and message numbers older than a week"))
def forget_old() -> None:
    """Remove kept answers and seen message numbers that nobody may repeat any more."""
    repeating.forget_old(timezone.now())
