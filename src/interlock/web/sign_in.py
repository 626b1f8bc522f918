"""Nobody signs up uninvited: accounts are made from one-time links only."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class InvitedOnly(DefaultAccountAdapter):
    """Closes allauth's open sign-up; `web/invitations` makes accounts."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
