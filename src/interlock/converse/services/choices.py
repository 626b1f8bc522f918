"""A question is put with its options, people consent or object with a reason, objections are answered.

Which option is taken is decided in `decisions`. Who objected and was answered nothing is named there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from interlock.converse.errors import NotForThem, NothingSaid, TooMany, WrongState
from interlock.converse.models import (
    Asked,
    Audience,
    Choice,
    Conversation,
    Decision,
    Exhibit,
    Ground,
    Option,
    Stance,
)
from interlock.converse.services.commitments import outside_link
from interlock.converse.services.states import locked, require_host, require_part
from interlock.converse.talks import audiences, telling
from interlock.fabric import journal
from interlock.fabric.models import Person
from interlock.listen.models import Signal

MOST_OPTIONS = 12
MOST_GROUNDS = 20
LONGEST_OPTION = 300


@transaction.atomic
def ask_choice(
    *,
    conversation: Conversation,
    by: Person,
    question: str,
    options: Iterable[str],
    now: datetime,
    functions: Sequence[str] = (),
    people: Sequence[Person] = (),
    audience: str = Audience.STAFF,
) -> Choice:
    """Put a question with two options at least, to functions and people who are in the talk and will read it.

    Raises:
        NotForThem: somebody asked would not read it.
    """
    conversation = locked(conversation)
    require_host(conversation, by)
    _require_open_talk(conversation)
    words = list(dict.fromkeys(one.strip() for one in options if one.strip()))
    if not question.strip() or len(words) < 2:
        raise NothingSaid(_("Give the question and two options at least, each on a line of its own."))
    if len(words) > MOST_OPTIONS or any(len(one) > LONGEST_OPTION for one in words):
        raise TooMany(
            _("At most %(n)d options, each of %(letters)d characters at most. Nothing was asked.")
            % {"n": MOST_OPTIONS, "letters": LONGEST_OPTION}
        )
    audience = audiences.allowed(conversation, by, audience)
    _require_readers(conversation, functions, people, audience)
    choice = Choice.objects.create(
        conversation=conversation, question=question.strip(), audience=audience, asked_by=by, asked_at=now
    )
    Option.objects.bulk_create(
        Option(choice=choice, words=one, brought_by=by, brought_at=now) for one in words
    )
    Asked.objects.bulk_create(
        [Asked(choice=choice, function=one) for one in functions]
        + [Asked(choice=choice, person=one) for one in people]
    )
    _noted(choice, by, "put a choice", now, {"question": choice.question, "options": words})
    return choice


@transaction.atomic
def add_option(*, choice: Choice, by: Person, words: str, now: datetime, costs: str = "") -> Option:
    """One more way to go, while nothing is chosen."""
    choice = open_choice(choice, by)
    if not words.strip():
        raise NothingSaid(_("Say in a few words what the option is."))
    if choice.options.count() >= MOST_OPTIONS:
        raise TooMany(_("There are %(n)d options already. Nothing was added.") % {"n": MOST_OPTIONS})
    option = Option.objects.create(
        choice=choice, words=words.strip(), costs=costs.strip(), brought_by=by, brought_at=now
    )
    _noted(choice, by, "added an option", now, {"option": option.pk, "words": option.words})
    return option


@transaction.atomic
def amend_option(*, option: Option, by: Person, words: str, costs: str, now: datetime) -> Option:
    """Say better what an option is and costs, until somebody has consented or objected to it."""
    choice = open_choice(option.choice, by)
    option = choice.options.get(pk=option.pk)
    if not words.strip():
        raise NothingSaid(_("Say in a few words what the option is."))
    if option.stances.exists():
        raise WrongState(
            _("Somebody has consented or objected to it as it stands. Add another option instead.")
        )
    before = {"words": option.words, "costs": option.costs}
    option.words, option.costs = words.strip(), costs.strip()
    option.save(update_fields=["words", "costs"])
    _noted(choice, by, "amended an option", now, {"option": option.pk, "before": before})
    return option


@transaction.atomic
def take_stance(
    *, option: Option, by: Person, consents: bool, now: datetime, reason: str = "", audience: str = ""
) -> Stance:
    """Consent to an option, or object with a reason. Who said something before says it anew; the newest counts.

    Raises:
        NotForThem: it would be read by people who do not read the choice, or no longer by all who read the one before.
    """
    conversation = locked(option.choice.conversation)
    require_part(conversation, by)
    choice = _require_open(option.choice, conversation)
    audiences.require_reader(by, choice.audience)
    if not consents and not reason.strip():
        raise NothingSaid(_("An objection needs a reason, so that it can be answered."))
    audience = audiences.allowed(conversation, by, audience)
    if audiences.is_wider(audience, choice.audience):
        raise NotForThem(_("Some who would read this do not read the question. Choose a narrower audience."))
    before = option.stances.filter(person=by).last()
    if before and audiences.is_wider(before.audience, audience):
        raise NotForThem(_("More people read what you said before; let them read this one too."))
    stance = Stance.objects.create(
        option=option, person=by, consents=consents, reason=reason.strip(), audience=audience, at=now
    )
    detail = {"option": option.pk, "stance": stance.pk}
    _noted(choice, by, "consented" if consents else "objected", now, detail, audience)
    return stance


@transaction.atomic
def answer_objection(*, stance: Stance, by: Person, answer: str, now: datetime) -> Stance:
    """Say what is done about an objection; its readers read the answer. Nobody answers their own."""
    choice = open_choice(stance.option.choice, by)
    stance = Stance.objects.select_related("person").get(pk=stance.pk)
    if not answer.strip():
        raise NothingSaid(_("Say what is done about it."))
    if stance.consents or stance.person_id == by.pk:
        raise WrongState(
            _("Only objections of others are answered. Whoever no longer objects says that they consent.")
        )
    stance.answer, stance.answered_by, stance.answered_at = answer.strip(), by, now
    stance.save(update_fields=["answer", "answered_by", "answered_at"])
    _noted(choice, by, "answered an objection", now, {"stance": stance.pk}, stance.audience)
    return stance


@transaction.atomic
def leave_choice(*, choice: Choice, by: Person, because: str, now: datetime) -> Choice:
    """Choose nothing, with the reason; question and options stay readable."""
    choice = open_choice(choice, by)
    if not because.strip():
        raise NothingSaid(_("Say why nothing is chosen."))
    choice.left_at, choice.left_because = now, because.strip()
    choice.save(update_fields=["left_at", "left_because"])
    _noted(choice, by, "left a choice", now, {"because": choice.left_because})
    return choice


@transaction.atomic
def add_ground(
    *,
    option: Option,
    by: Person,
    now: datetime,
    signal: Signal | None = None,
    exhibit: Exhibit | None = None,
    link: str = "",
    note: str = "",
) -> Ground:
    """Put what a customer said, what is attached to the talk, or a link beside an option, for staff to read.

    Raises:
        WrongState: the chart or table is attached to another talk.
    """
    choice = open_choice(option.choice, by)
    if not (signal or exhibit or link or note.strip()):
        raise NothingSaid(
            _(
                "Choose what a customer said or what is attached, give a link, or say in words what speaks for it."
            )
        )
    if exhibit and exhibit.conversation_id != choice.conversation_id:
        raise WrongState(_("It is not attached to this conversation. Attach it here first."))
    if option.grounds.count() >= MOST_GROUNDS:
        raise TooMany(_("There is much beside this option already. Take something away first."))
    ground = Ground.objects.create(
        option=option,
        signal_key=signal.key if signal else "",
        exhibit=exhibit,
        link=outside_link(link),
        note=note.strip(),
        added_by=by,
        added_at=now,
    )
    _noted(choice, by, "put evidence to an option", now, {"ground": ground.pk}, Audience.STAFF)
    return ground


@transaction.atomic
def remove_ground(*, ground: Ground, by: Person, now: datetime) -> None:
    """Take evidence from an option while nothing is chosen."""
    choice = open_choice(ground.option.choice, by)
    detail = {
        "option": ground.option_id,
        "link": ground.link,
        "note": ground.note,
        "exhibit": ground.exhibit_id,
    }
    ground.delete()
    _noted(choice, by, "took evidence from an option", now, detail, Audience.STAFF)


def open_choice(choice: Choice, by: Person) -> Choice:
    """The choice, its talk locked, if this person of the house may still change it."""
    conversation = locked(choice.conversation)
    require_host(conversation, by)
    return _require_open(choice, conversation)


def is_open(choice: Choice) -> bool:
    """Whether nothing was chosen, or that was taken back, and it was not left."""
    chosen = Decision.objects.filter(option__choice=choice, taken_back_at=None)
    return choice.left_at is None and not chosen.exists()


def unanswered(option: Option) -> list[Stance]:
    """Objections that stand and were answered nothing. One query."""
    newest = {one.person_id: one for one in option.stances.select_related("person")}
    return [one for one in newest.values() if not one.consents and not one.answer]


def _require_open(choice: Choice, conversation: Conversation) -> Choice:
    _require_open_talk(conversation)
    choice = conversation.choices.get(pk=choice.pk)
    if not is_open(choice):
        raise WrongState(_("This choice is made or left. Take that back first; nothing was changed."))
    return choice


def _require_open_talk(conversation: Conversation) -> None:
    if conversation.is_over:
        raise WrongState(_("This conversation is over. Take it up again first."))


def _require_readers(
    conversation: Conversation, functions: Sequence[str], people: Sequence[Person], audience: str
) -> None:
    """Asked is only who is in the talk and reads it; else silence would be held against people who knew nothing."""
    there = list(conversation.participants.select_related("person"))
    for person in people:
        require_part(conversation, person)
        audiences.require_reader(person, audience)
    for function in functions:
        seats = [one.person for one in there if one.function == function]
        if not seats:
            raise NotForThem(_("Nobody of a function that is asked is in this conversation."))
        for person in seats:
            audiences.require_reader(person, audience)


def _noted(
    choice: Choice,
    by: Person,
    verb: str,
    now: datetime,
    detail: dict[str, object],
    audience: str = "",
) -> None:
    journal.note(
        actor=by, verb=verb, about=choice.conversation, at=now, detail={"choice": choice.pk, **detail}
    )
    telling.tell_talk(choice.conversation, now, audience or choice.audience)
