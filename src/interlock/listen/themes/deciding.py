"""A theme above its limit asks for a decision: which question, who decides, by when; then what was decided, and whether it helped.

Emerging or outcry, then deciding as soon as all three are named, then mended when it was below its limit for four
weeks after the decision (`counting.py` sees that). Above its limit again, it asks anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, Q, QuerySet, When
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from interlock.fabric import events, journal
from interlock.fabric.access import Act, may
from interlock.fabric.chats import outbox
from interlock.fabric.models import Function, Person, Topic
from interlock.listen.errors import EditRefused
from interlock.listen.models import ChangeKind, Theme, ThemeChange, ThemeState
from interlock.listen.themes.editing import TOPIC, open_theme

ABOVE = (ThemeState.EMERGING, ThemeState.OUTCRY, ThemeState.REOPENED)
LONGEST = 1_000
# A mended theme that is above its limit again, or that customers opened again: what was decided did not last.
ASKS_ANEW = {
    "decision": "",
    "decided_by": None,
    "decided_at": None,
    "decided_no": False,
    "decide_by": None,
}
# What a customer's yes after a no brings back, and what must not have changed meanwhile.
_AT_STAKE = (
    "question",
    "decider_id",
    "state",
    "state_since",
    "decision",
    "decided_by_id",
    "decided_at",
    "decided_no",
    "decide_by",
)
SETTLED = (ThemeState.QUIET, ThemeState.FIXED)


@transaction.atomic
def ask_decision(
    *,
    theme: Theme,
    question: str,
    decider: Person | None,
    decide_by: date | None,
    function: str,
    by: Person,
    now: datetime,
) -> Theme:
    """Say what has to be decided about a theme, by whom and by when, and where its cause lies.

    Raises:
        EditRefused: a decider without a question, or one who has left; a day that is past.
    """
    theme = open_theme(theme, by)
    if decider is not None and not question.strip():
        raise EditRefused(_("Write the question that %(name)s is to decide.") % {"name": decider.name})
    if decider is not None and decider.left_at is not None:
        raise EditRefused(_("%(name)s has left. Choose somebody else.") % {"name": decider.name})
    if decide_by is not None and decide_by < timezone.localdate(now) and decide_by != theme.decide_by:
        raise EditRefused(
            _("%(day)s is past. Choose today or a later day; nothing was kept.")
            % {"day": date_format(decide_by, "j F")}
        )
    theme.question, theme.decider, theme.function = question.strip(), decider, function
    theme.decide_by = decide_by
    whole = bool(theme.question and decider and decide_by)
    if whole and theme.state in ABOVE:
        theme.state, theme.state_since = ThemeState.DECIDING, now
    elif not whole and theme.state == ThemeState.DECIDING:
        theme.state, theme.state_since = ThemeState.EMERGING, now
    theme.save()
    detail = {
        "question": theme.question,
        "decider": decider.name if decider else "",
        "by": str(decide_by or ""),
    }
    _tell(theme, "asked for a decision", by, now, detail)
    return theme


@dataclass(frozen=True)
class Asked:
    """What is asked about a theme, and the state that this put it in."""

    question: str
    decider_id: int | None
    decide_by: date | None
    function: str
    state: str
    state_since: datetime | None


def asked_of(theme: Theme) -> Asked:
    """What is asked of it as it stands."""
    return Asked(
        theme.question, theme.decider_id, theme.decide_by, theme.function, theme.state, theme.state_since
    )


@transaction.atomic
def take_question_back(*, theme: Theme, before: Asked, after: Asked, by: Person, now: datetime) -> Theme:
    """Let what was asked before `after` was kept stand again.

    Raises:
        EditRefused: it was changed since, or something was decided.
    """
    theme = open_theme(theme, by)
    if asked_of(theme) != after or theme.decided_at is not None:
        raise EditRefused(_("It was changed since. Nothing was taken back."))
    for name, value in vars(before).items():
        setattr(theme, name, value)
    theme.save()
    _tell(theme, "took the question back", by, now, {"question": after.question})
    return theme


@transaction.atomic
def decide(*, theme: Theme, decision: str, by: Person, now: datetime, is_no: bool = False) -> Theme:
    """Keep what was decided; `is_no`: what customers ask for is not done.

    Raises:
        EditRefused: nothing is asked, nothing is said, or it was decided already.
    """
    theme, decision = open_theme(theme, by), " ".join(decision.split())
    if not theme.question:
        raise EditRefused(_("Write first which question is to be decided. Nothing was kept."))
    if theme.decided_at is not None:
        raise EditRefused(
            _("%(name)s has decided it already. Take that back first; nothing was kept.")
            % {"name": theme.decided_by}
        )
    if not 0 < len(decision) <= LONGEST:
        raise EditRefused(_("Say in 1 to %(n)s characters what was decided.") % {"n": LONGEST})
    theme.decision, theme.decided_by, theme.decided_at, theme.decided_no = decision, by, now, is_no
    theme.save(update_fields=["decision", "decided_by", "decided_at", "decided_no"])
    _tell(theme, "decided about a theme", by, now, {"question": theme.question, "decision": decision})
    return theme


@transaction.atomic
def take_decision_back(*, theme: Theme, by: Person, now: datetime) -> Theme:
    """Let the question be open again.

    Raises:
        EditRefused: it is.
    """
    theme = open_theme(theme, by)
    if theme.decided_at is None:
        raise EditRefused(_("Nothing was decided, or that was taken back already."))
    detail = {"decision": theme.decision}
    theme.decision, theme.decided_by, theme.decided_at, theme.decided_no = "", None, None, False
    if theme.state == ThemeState.FIXED:
        theme.state, theme.state_since = ThemeState.DECIDING, now
    theme.save()
    _tell(theme, "took a decision back", by, now, detail)
    return theme


@transaction.atomic
def open_again(*, theme: Theme, now: datetime) -> bool:
    """A customer says that what was decided does not solve it: the theme asks anew. False where it asks already."""
    theme = Theme.objects.select_for_update(of=("self",)).get(pk=theme.pk)
    decided = theme.state == ThemeState.DECIDING and theme.decided_at is not None
    if theme.ended_at or not (decided or theme.state in SETTLED):
        return False
    detail = {"decision": theme.decision}
    was = {name: _plain(getattr(theme, name)) for name in _AT_STAKE}
    theme.state, theme.state_since = ThemeState.REOPENED, now
    for name, value in ASKS_ANEW.items():
        setattr(theme, name, value)
    theme.save()
    change = ThemeChange.objects.create(
        kind=ChangeKind.REOPENED, theme=theme, at=now, said=detail | {"was": was}
    )
    outbox.note(Topic.REOPENED, {str(change.pk): _concerned(theme)}, at=now)
    _tell(theme, "was opened again by a customer's no", None, now, detail)
    return True


def _concerned(theme: Theme) -> set[str]:
    """Where its cause lies, and the home of who decides about it; service, which answers the customers, always."""
    home = theme.decider.functions[:1] if theme.decider else []
    return {Function.SERVICE, theme.function, *home} - {""}


def opened_again(theme: Theme) -> ThemeChange | None:
    """The line of its lineage by which customers opened it again, while that stands. One query."""
    changes = ThemeChange.objects.filter(theme=theme, kind=ChangeKind.REOPENED, undone_at=None)
    return changes.order_by("-pk").first()


@transaction.atomic
def stand_again(*, theme: Theme, now: datetime) -> bool:
    """Whoever said no says yes by now: what was decided stands as it stood. False where it was asked anew meanwhile."""
    theme = Theme.objects.select_for_update(of=("self",)).get(pk=theme.pk)
    change = opened_again(theme)
    was = change.said.get("was") if change else None
    asked_anew = was and (theme.question, theme.decider_id) != (was["question"], was["decider_id"])
    untouched = theme.state == ThemeState.REOPENED and not (theme.decided_at or theme.decide_by)
    if change is None or was is None or theme.ended_at or asked_anew or not untouched:
        return False
    for name, value in was.items():
        setattr(theme, name, theme._meta.get_field(name).to_python(value))
    theme.save()
    change.undone_at = now
    change.save(update_fields=["undone_at"])
    _tell(theme, "stands again by a customer's yes", None, now, {"decision": theme.decision})
    return True


def let_go(*, theme: Theme, decided_at: datetime) -> None:
    """A decision that customers opened again was taken back since: no yes lets it stand. In a transaction."""
    change = opened_again(theme)
    was = change.said.get("was") if change else None
    if change and was and was["decided_at"] == decided_at.isoformat():
        del change.said["was"]
        change.save(update_fields=["said"])


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _tell(theme: Theme, verb: str, by: Person | None, now: datetime, detail: dict[str, str]) -> None:
    journal.note(actor=by, verb=verb, about=theme, at=now, detail=detail)
    events.tell(topic=TOPIC, verb="changed", keys=[theme.key], at=now)


def asking(person: Person) -> QuerySet[Theme]:
    """Themes that ask this person for something: one query.

    First what they are to decide (`is_theirs`), the most urgent first; then what is above its limit and lacks a
    question, a decider or a date, for those who may name them, outcries first.
    """
    theirs = Q(decider=person, decided_at=None, state=ThemeState.DECIDING)
    lacks = Q(state__in=ABOVE, is_broad=False, muted=False) & (
        Q(question="") | Q(decider=None) | Q(decide_by=None)
    )
    asked = theirs | lacks if may(person, Act.SORT) else theirs
    named = Theme.objects.filter(asked, ended_at=None).annotate(
        is_theirs=Case(When(theirs, then=True), default=False)
    )
    return named.order_by("-is_theirs", "decide_by", "-state", "-figures__rank", "pk")
