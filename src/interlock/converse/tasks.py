"""Background work of converse."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.converse.talks import pictures
from interlock.fabric import work


@work.task(attempts=3, title=_("Forget pictures of lines that were never sent"))
def forget_loose_pictures() -> int:
    """Remove pictures that wait for their line since two days; return how many."""
    return pictures.forget_loose_pictures(now=timezone.now())
