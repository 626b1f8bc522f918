"""What every page needs: the doors this person may open, and who they are."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from interlock.fabric.access import person_of


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Template context of the frame."""
    return {"person": person_of(request)}
