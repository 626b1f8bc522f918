"""You said, we did: what the public reads of a decision, once a person released it, with what customers say of it.

Nothing is public by itself: not the name of a theme, not a quote, not the words of a decision. What is released is
masked, says "Not done" where it is a no, and stands beside the figures of everybody who was told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from interlock.converse.loop import closing
from interlock.converse.loop.errors import NotForThePublic
from interlock.converse.models import Closure, Story, ToldPerson
from interlock.fabric import journal
from interlock.fabric.access import Act, may
from interlock.fabric.models import Function, Person
from interlock.fabric.personal import masked_for_all
from interlock.listen.models import Theme, ThemeState
from interlock.listen.themes import looking

# A sentence about fewer could be a sentence about one.
FEWEST_CUSTOMERS = 5
SHOWN = 100


@dataclass(frozen=True)
class Told:
    """How many were told of it, and what they say; who said nothing counts as silent."""

    told: int = 0
    yes: int = 0
    no: int = 0

    @property
    def silent(self) -> int:
        return self.told - self.yes - self.no


@dataclass(frozen=True)
class Shown:
    """One story as the public reads it."""

    story: Story
    told: Told
    is_open_again: bool


@dataclass(frozen=True)
class Draft:
    """A first wording of a story, for a person to correct."""

    said: str
    did: str
    who: str
    product: str


def public() -> QuerySet[Story]:
    """What everybody may read, the newest first."""
    return Story.objects.filter(withdrawn_at=None).order_by("-decided_at", "-pk")


def months() -> list[datetime]:
    """The months that stories are of, the newest first."""
    return list(public().order_by().datetimes("decided_at", "month", order="DESC"))


def products() -> list[str]:
    return list(public().exclude(product="").order_by("product").values_list("product", flat=True).distinct())


def with_figures(stories: Sequence[Story]) -> list[Shown]:
    """The stories with what those who were told say. Two queries."""
    themes = [one.theme_id for one in stories]
    rows = (
        ToldPerson.objects.filter(closure__theme__in=themes, told_at__isnull=False)
        .order_by()
        .values_list("closure__theme", "closure__decided_at", "choice")
        .annotate(n=Count("pk"))
    )
    counted: dict[tuple[int, datetime], dict[str, int]] = {}
    for theme, at, choice, n in rows:
        counted.setdefault((theme, at), {})[choice] = n
    opened = set(Theme.objects.filter(pk__in=themes, state=ThemeState.REOPENED).values_list("pk", flat=True))
    return [
        Shown(one, _of(counted.get((one.theme_id, one.decided_at), {})), one.theme_id in opened)
        for one in stories
    ]


def _of(choices: dict[str, int]) -> Told:
    choice = ToldPerson.Choice
    return Told(sum(choices.values()), choices.get(choice.YES, 0), choices.get(choice.NO, 0))


def drafted(theme: Theme) -> Draft | None:
    """What could be shown of the newest decision; None where nothing is decided."""
    course = closing.course_of(theme)
    if course is None:
        return None
    story = Story.objects.filter(theme=theme, decided_at=course.decided_at).first()
    if story:
        return Draft(story.said, story.did, story.who, story.product)
    quotes = looking.quotes(theme)
    first = quotes[0].signal if quotes else None
    words = (first.body or first.title) if first else ""
    did = _("Not done. %(why)s") % {"why": course.decision} if course.is_no else course.decision
    who = str(Function(theme.function).label) if theme.function else ""
    return Draft(
        masked_for_all(" ".join(words.split()))[:300],
        masked_for_all(did)[:600],
        who,
        first.product_name if first else "",
    )


@transaction.atomic
def show(*, theme: Theme, said: str, did: str, who: str, product: str, by: Person, now: datetime) -> Story:
    """Let everybody read this of the newest decision, masked.

    Raises:
        NotForThePublic: nothing is decided, words are missing, or too few customers spoke about it.
    """
    _must_answer(by)
    course = closing.course_of(theme)
    if course is None:
        raise NotForThePublic(_("Nothing is decided about it yet, so there is nothing to show."))
    if not said.strip() or not did.strip():
        raise NotForThePublic(_("Write both what customers said and what was done. Nothing is shown."))
    customers, first_said_at = _heard(theme, course)
    if customers < FEWEST_CUSTOMERS:
        raise NotForThePublic(
            _("Only %(n)d customers spoke about it before it was decided; shown from %(least)d upward.")
            % {"n": customers, "least": FEWEST_CUSTOMERS}
        )
    story, _made = Story.objects.update_or_create(
        theme=theme,
        defaults={
            "said": masked_for_all(said.strip()),
            "did": masked_for_all(did.strip()),
            "who": who.strip(),
            "product": product.strip(),
            "is_no": course.is_no,
            "decided_at": course.decided_at,
            "customers": customers,
            "first_said_at": first_said_at,
            "shown_by": by,
            "shown_at": now,
            "withdrawn_at": None,
        },
    )
    detail = {"said": story.said, "did": story.did}
    journal.note(actor=by, verb="showed it in public", about=theme, at=now, detail=detail)
    return story


def _heard(theme: Theme, course: closing.LoopCourse) -> tuple[int, datetime]:
    heard = closing.heard_before(course)
    told = Closure.objects.filter(theme=theme, decided_at=course.decided_at).first()
    # Customers may be erased and signals taken out since: it is what was told then.
    return (
        (told.customers, told.first_said_at) if told else (heard.customers, heard.first or course.decided_at)
    )


@transaction.atomic
def withdraw(*, theme: Theme, by: Person, now: datetime) -> None:
    """Let nobody read it any more. Showing it again brings it back.

    Raises:
        NotForThePublic: it is not shown.
    """
    _must_answer(by)
    changed = Story.objects.filter(theme=theme, withdrawn_at=None).update(withdrawn_at=now)
    if not changed:
        raise NotForThePublic(_("It is not shown in public, or was withdrawn already."))
    journal.note(actor=by, verb="withdrew it from the public", about=theme, at=now)


def _must_answer(by: Person) -> None:
    if not may(by, Act.ANSWER):
        raise NotForThePublic(_("Your role does not include speaking for the company; nothing was changed."))
