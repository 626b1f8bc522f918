"""Who may do what: one table of acts by role, and one function that asks it.

Rooms decide *which rows* somebody sees in a query that takes the person (`signals_visible_to(person)`);
what the person may *do* is decided here, so that an auditor reads two places and no view invents a third.
"""

from __future__ import annotations

from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from interlock.fabric.models import Person, Role

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

P = ParamSpec("P")


class Act(StrEnum):
    """Something a person may or may not do."""

    READ = "read"  # records, signals, disconnects of the company
    DOWNLOAD = "download"  # rows as a file
    TALK = "talk"  # write in conversations one takes part in
    JUDGE = "judge"  # say useful or wrong
    SORT = "sort"  # rename, merge and split themes, correct labels, say who decides
    CONVENE = "convene"  # bring people together, move a disconnect's state
    DISMISS = "dismiss"  # close a disconnect with a reason
    ANSWER = "answer"  # answer customers, look after a waiting one, write down what one said
    PERSONAL = "personal"  # read personal data in customers' words unmasked; see fabric/personal.py
    IMPORT = "import"  # bring records in, undo them, load the demo
    INVITE = "invite"  # ask people in
    OWN = "own"  # roles, installation, journal


_STAFF = {Act.READ, Act.DOWNLOAD, Act.TALK, Act.JUDGE, Act.SORT, Act.CONVENE}
ACTS: dict[str, frozenset[Act]] = {
    Role.OWNER: frozenset(Act),
    Role.LEAD: frozenset(_STAFF | {Act.DISMISS, Act.ANSWER, Act.PERSONAL, Act.IMPORT, Act.INVITE}),
    Role.CONTRIBUTOR: frozenset(_STAFF | {Act.ANSWER}),
    Role.OBSERVER: frozenset({Act.READ}),
    Role.PARTNER: frozenset({Act.TALK}),
    Role.CUSTOMER: frozenset({Act.TALK}),
}


def may(person: Person | None, act: Act) -> bool:
    """Whether this person may do this at all."""
    return person is not None and person.left_at is None and act in ACTS.get(person.role, frozenset())


def needs(
    act: Act,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]
]:
    """Guard a view: refuse with 403 and a sentence unless the person may do this."""

    def guard(
        view: Callable[Concatenate[HttpRequest, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not may(person_of(request), act):
                raise PermissionDenied(
                    _("Your role does not include this. The owner of this installation can change roles.")
                )
            return view(request, *args, **kwargs)

        return guarded

    return guard


def person_of(request: HttpRequest) -> Person | None:
    """The person behind a request; None for a visitor."""
    user = request.user
    return getattr(user, "person", None) if user.is_authenticated else None
