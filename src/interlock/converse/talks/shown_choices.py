"""The choices of a talk as one reader's page shows them: options with who consents and objects, evidence, who was heard."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from interlock.analytics.text.greetings import without_greeting
from interlock.converse import queries
from interlock.converse.models import Choice, Conversation, Decision, Ground, Option, Stance
from interlock.converse.talks import audiences, exhibiting
from interlock.converse.talks.hearing import Hearing, hearings
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.fabric.personal import shown
from interlock.listen.models import Signal, ThemedSignal

MOST_SIGNALS = 30
LONGEST_QUOTE = 240


@dataclass(frozen=True)
class ShownGround:
    """A piece of evidence; `quote` and `signal` where it is what a customer said that is still here.

    `unchanged`: an exhibit that is as it was attached.
    """

    ground: Ground
    signal: Signal | None
    quote: str
    unchanged: bool


@dataclass(frozen=True)
class ShownOption:
    option: Option
    consents: list[Stance]
    objections: list[Stance]
    grounds: list[ShownGround]
    mine: Stance | None
    touched: bool

    @property
    def unanswered(self) -> list[Stance]:
        return [one for one in self.objections if not one.answer]


@dataclass(frozen=True)
class ShownChoice:
    """`decision` is what was chosen, where it still holds and this reader reads it. `circles`: for whom a stance may be.

    `is_made`: one was chosen, whoever reads what.
    """

    choice: Choice
    options: list[ShownOption]
    decision: Decision | None
    is_made: bool
    is_open: bool
    circles: list[audiences.Circle]
    hearing: Hearing | None


def shown_choices(
    found: Conversation, person: Person, circles: Sequence[audiences.Circle], now: datetime
) -> list[ShownChoice]:
    """Every choice of a talk read by `whole_conversation`. Two queries at most beside it."""
    choices = list(found.choices.all())
    made = {one.option_id: one for one in found.decisions.all() if one.stands and one.option_id}
    chosen = {one.pk: next((made[o.pk] for o in one.options.all() if o.pk in made), None) for one in choices}
    decided = {one.pk: one for one in found.decisions.all()}
    # Guests do not read each decision, but are not asked for consent either once one is made.
    reads_all = may(person, Act.READ)
    closed = {key for key, one in chosen.items() if one} if reads_all else queries.choices_made(choices)
    until = {one: _ended_at(one, chosen[one.pk], decided) or now for one in choices}
    heard = hearings(found, until) if reads_all else {}
    signals = _signals(choices)
    return [
        ShownChoice(
            choice=one,
            options=[_option(option, person, signals) for option in one.options.all()],
            decision=chosen[one.pk],
            is_made=one.pk in closed,
            is_open=one.left_at is None and one.pk not in closed and not found.is_over,
            circles=[c for c in circles if not audiences.is_wider(c.audience, one.audience)],
            hearing=heard.get(one.pk),
        )
        for one in choices
    ]


def quotable(found: Conversation, person: Person) -> list[tuple[int, str]]:
    """The newest signals of the theme that the talk is about, to be put beside an option. One query."""
    if found.context.kind != "theme" or not may(person, Act.READ):
        return []
    of_theme = ThemedSignal.objects.filter(cluster__theme__key=found.context.key)
    signals = Signal.objects.filter(pk__in=of_theme.values("signal")).order_by("-occurred_at", "-pk")
    return [(one.pk, _quote(one, person, 90)) for one in signals[:MOST_SIGNALS]]


def as_question(choice: Choice) -> str:
    """A choice as a line that can be sent: the question and the options, without costs and evidence."""
    options = "\n".join(f"- {option.words}" for option in choice.options.all())
    return f"{choice.question}\n\n{options}\n"


def _ended_at(choice: Choice, decision: Decision | None, decided: Mapping[int, Decision]) -> datetime | None:
    """When it was chosen or left. A correction lets nobody be heard who was silent when it was chosen."""
    if decision is None:
        return choice.left_at
    while decision.corrects_id in decided:
        decision = decided[decision.corrects_id]
    return decision.decided_at


def _option(option: Option, person: Person, signals: dict[str, Signal]) -> ShownOption:
    # Later ones of the same person take the place of earlier ones.
    newest = {one.person_id: one for one in option.stances.all()}
    return ShownOption(
        option=option,
        consents=[one for one in newest.values() if one.consents],
        objections=[one for one in newest.values() if not one.consents],
        grounds=[_ground(one, person, signals) for one in option.grounds.all()],
        mine=newest.get(person.pk),
        touched=bool(newest),
    )


def _ground(ground: Ground, person: Person, signals: dict[str, Signal]) -> ShownGround:
    signal = signals.get(ground.signal_key)
    quote = _quote(signal, person, LONGEST_QUOTE) if signal else ""
    unchanged = ground.exhibit is not None and exhibiting.is_as_it_was(ground.exhibit)
    return ShownGround(ground, signal, quote, unchanged)


def _quote(signal: Signal, person: Person, letters: int) -> str:
    said = shown(signal.body or signal.title or signal.reason or signal.key, person)
    words = " ".join(without_greeting(said).split())
    return words if len(words) <= letters else f"{words[:letters].rsplit(' ', 1)[0]} …"


def _signals(choices: Iterable[Choice]) -> dict[str, Signal]:
    keys = {
        ground.signal_key
        for choice in choices
        for option in choice.options.all()
        for ground in option.grounds.all()
        if ground.signal_key
    }
    return {one.key: one for one in Signal.objects.filter(key__in=keys)} if keys else {}
