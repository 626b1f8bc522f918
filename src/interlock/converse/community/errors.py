"""What the community refuses, in words for whoever reads the page."""

from __future__ import annotations


class CommunityError(Exception):
    """Something was refused; the text says why and what to do. Nothing was changed."""


class NotAllowed(CommunityError):
    """The role does not include it, or the board is not open."""


class TooMuch(CommunityError):
    """More came from one person or machine than people write."""


class NothingSaid(CommunityError):
    """Words, a title or a reason are missing."""


class NotReady(CommunityError):
    """A board lacks questions, answers or hosts; the text says how many."""
