"""What the front page says: at most seven cards, the dearest disconnect first, and the three figures on top.

Nothing is computed here that the rooms have not computed already: reconnect gives the disconnects and their
money, converse the talks that wait, listen the figures of answering. This module chooses and words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse import queries as talks
from interlock.converse.models import Conversation
from interlock.fabric import records
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person
from interlock.fabric.personal import shown
from interlock.listen import source_page
from interlock.listen.answering import answering_now
from interlock.listen.models import StreamState, ThemeState
from interlock.listen.outcry.looking import loudest_now
from interlock.listen.queries import demo_source
from interlock.listen.themes import deciding
from interlock.listen.waiting import answered_in_time, clocks_visible_to, due_for, rows_of
from interlock.reconnect import findings, queries
from interlock.reconnect.measures import measure_of
from interlock.reconnect.models import Detection, Disconnect
from interlock.web import figures, sentences
from interlock.web.driver_words import driver_card_text
from interlock.web.outcries import words as alarm_words
from interlock.web.templatetags.components import function_name
from interlock.web.themes.listing import address as theme_address
from interlock.web.top_line import Figure, top_line

MOST_CARDS = 7
MOST_DISCONNECTS = 3
MOST_TALKS = 2
MOST_NAMED = 20  # themes that wait for a decision are counted to here
# Only what the total needs: the sentences and series of hundreds of disconnects would be read for nothing.
_MONEY_COLUMNS = ("currency", "money_low", "money_mid", "money_high", "money_basis")


@dataclass(frozen=True)
class TodayCard:
    """One sentence with a number, a why and one button."""

    icon: str
    kind: str
    about: str
    sentence: Any
    why: str
    act: str
    url: str
    rows: Mapping[str, str] = field(default_factory=dict)
    mark: str = ""
    groups: Sequence[Any] = ()
    baseline: float | None = None
    more: str = ""
    more_url: str = ""
    chart_title: str = ""
    chart_note: str = ""
    is_urgent: bool = False


@dataclass(frozen=True)
class FrontPage:
    """Everything the page shows; `stage` is start, reading or today."""

    stage: str
    heading: str = ""
    as_of: datetime | None = None
    top: Sequence[Figure] = ()
    disconnects_url: str = ""
    lead: TodayCard | None = None
    cards: Sequence[TodayCard] = ()
    quieter: int = 0
    muted: int = 0
    rules_off: int = 0
    is_behind: bool = False
    demo: str = ""
    demo_removal: str = ""


def front_page(person: Person, now: datetime) -> FrontPage:
    """The page of one person. Customers and partners see only the talks that wait for them."""
    if not may(person, Act.READ):
        cards = _talk_cards(person)
        return FrontPage("today", heading=_guest_heading(len(cards)), cards=cards)
    snapshot = records.snapshot()
    if not any(snapshot.counts.values()):
        return FrontPage("start")
    detection = queries.latest_detection()
    if detection is None:
        return FrontPage("reading")
    return _company_page(person, detection, snapshot.number, now)


def _company_page(person: Person, detection: Detection, snapshot_number: int, now: datetime) -> FrontPage:
    priced = list(queries.open_disconnects(person).select_related(None).only(*_MONEY_COLUMNS))
    list_url = reverse("reconnect:disconnects")
    worst = findings.worst_disconnects(person, limit=MOST_DISCONNECTS, now=now)
    outcry = [card for card in [_outcry_card(person)] if card]
    # What happens now goes before what has been so for weeks.
    first = [outcry.pop()] if outcry and outcry[0].is_urgent else []
    found = [disconnect_card(card, leads=not first and at == 0) for at, card in enumerate(worst)]
    lead, *others = [*first, *found] or [None]
    return FrontPage(
        "today",
        heading=_heading(len(priced), len(worst)),
        as_of=detection.as_of,
        top=top_line(
            findings.money_at_stake(priced),
            answering_now() or answered_in_time(clocks_visible_to(person), now),
            open_count=len(priced),
            urls={name: reverse(f"listen:{name}") for name in ("signals", "waiting")}
            | {"disconnects": list_url},
        ),
        disconnects_url=list_url,
        lead=lead,
        cards=[
            *outcry,
            *_answer_cards(person, now),
            *_decision_cards(person),
            *_source_cards(person, now),
            *others,
            *_talk_cards(person),
            *_driver_cards(),
        ][: MOST_CARDS - 1],
        quieter=max(0, len(priced) - len(worst)) + queries.tab_counts(person)["suspected"],
        muted=len(queries.muted_rules()),
        rules_off=len(detection.rules_off),
        is_behind=detection.snapshot_number < snapshot_number,
        **_demo(person),
    )


def _demo(person: Person) -> dict[str, str]:
    """The demo company's name while its rows are here, and where those who may can remove them."""
    source = demo_source()
    if source is None:
        return {}
    removal = reverse("listen:remove", args=[source.pk]) if may(person, Act.IMPORT) else ""
    return {"demo": _("Aldermoor"), "demo_removal": removal}


def disconnect_card(card: findings.Card, *, leads: bool) -> TodayCard:
    """A disconnect as Today tells it; only the lead carries its proof."""
    one = card.disconnect
    pair = pair_names(card.pair)
    return TodayCard(
        icon="unlink",
        kind=_("Disconnect"),
        about=pair,
        sentence=card.sentence,
        why=" ".join(
            part for part in (_sure(one) if leads else "", talk_text(card.mark), money_text(card)) if part
        ),
        act=_act(card, pair, leads),
        url=card.url,
        rows=card.rows,
        mark=card.mark,
        groups=one.siblings if leads else (),
        baseline=one.baseline,
        more=ngettext("Read the %(x)s case", "Read the %(x)s cases", one.x) % {"x": figures.count(one.x)},
        more_url=card.rows.get("hits", "") if leads else "",
        chart_title=(
            _("%(measure)s, in 100, beside its siblings")
            if len(one.siblings) > 1
            else _("%(measure)s, in 100, beside the usual")
        )
        % {"measure": measure_of(one)},
        chart_note=_("%(from)s to %(to)s.")
        % {"from": figures.day(one.window_from), "to": figures.day(one.window_to)},
    )


def _sure(disconnect: Disconnect) -> str:
    return sentences.text(disconnect.lead)


def _act(card: findings.Card, pair: str, leads: bool) -> str:
    if not card.is_nudged:
        return _("Read how far they are")
    return _("Bring %(pair)s together") % {"pair": pair} if leads else _("See both records")


def pair_names(pair: Sequence[str]) -> str:
    """Sales and Production."""
    return _("%(one)s and %(other)s") % {"one": function_name(pair[0]), "other": function_name(pair[1])}


def talk_text(mark: str) -> str:
    """How the pair talks, as a sentence; blames a gap, never a team."""
    return {
        "silent": _("No talk between the two in 30 days."),
        "one": _("One side wrote; the other has not answered."),
        "talking": _("The two are talking."),
    }.get(mark, "")


def money_text(card: findings.Card) -> str:
    """The amount with its interval, called a loss only when it is one; or why there is none."""
    if card.money is None:
        return card.disconnect.money_refusal
    amount = figures.money(card.money.mid, card.money.currency)
    ends = figures.money_interval(card.money.low, card.money.high, card.money.mid, card.money.currency)
    if card.money.basis == "exposed":
        return _("Orders worth %(amount)s a year stand on it (%(ends)s).") % {"amount": amount, "ends": ends}
    return _("%(amount)s a year (%(ends)s).") % {"amount": amount, "ends": ends}


def _heading(open_count: int, shown: int) -> str:
    if not open_count:
        return _("Nothing that customers feel stands out from chance today.")
    places = ngettext(
        "Customers are let down in %(n)s place between our functions",
        "Customers are let down in %(n)s places between our functions",
        open_count,
    ) % {"n": figures.in_words(open_count)}
    if shown >= open_count:
        return _("%(places)s; ten minutes are enough for today.") % {"places": places}
    return _("%(places)s; %(shown)s deserve ten minutes today.") % {
        "places": places,
        "shown": figures.in_words(shown),
    }


def _guest_heading(waiting: int) -> str:
    if not waiting:
        return _("Nobody waits for a word from you.")
    return ngettext(
        "%(n)s conversation waits for a word from you.",
        "%(n)s conversations wait for a word from you.",
        waiting,
    ) % {"n": figures.in_words(waiting).capitalize()}


def _answer_cards(person: Person, now: datetime) -> list[TodayCard]:
    """The customers whose answer this person owes now, as one card."""
    due = due_for(person, now)
    owed = due.count()
    first = rows_of(due[:1], now)
    if not first or first[0].signal is None:
        return []
    row = first[0]
    who = row.signal.account_name
    said = {"n": figures.in_words(owed).capitalize(), "who": who}
    return [
        TodayCard(
            icon="alarm-clock",
            kind=_("Answer due"),
            about=row.due,
            sentence=_customers_wait(owed, named=bool(who)) % said,
            why=shown(row.clock.because, person) or shown(str(row.signal), person)[:140],
            act=_("Answer %(name)s") % {"name": who} if who else _("Answer the customer"),
            url=reverse("listen:signal", args=[row.signal.pk]),
            more=ngettext("See it in the queue", "See all %(n)s", owed) % {"n": owed},
            more_url=f"{reverse('listen:waiting')}?whose=mine",
        )
    ]


def _customers_wait(owed: int, *, named: bool) -> str:
    if named:
        return ngettext(
            "%(who)s waits for your answer.", "%(n)s customers wait for your answer, %(who)s first.", owed
        )
    return ngettext("A customer waits for your answer.", "%(n)s customers wait for your answer.", owed)


def _outcry_card(person: Person) -> TodayCard | None:
    """The loudest alarm that goes on, and how many there are beside it."""
    alarms = loudest_now(person)
    if not alarms:
        return None
    first, more = alarms[0], len(alarms) - 1
    beside = ngettext("One more alarm goes on.", "%(n)s more alarms go on.", more) % {
        "n": figures.in_words(more).capitalize()
    }
    return TodayCard(
        icon="audio-lines",
        kind=alarm_words.state_words(first),
        about=first.stream.get_kind_display(),
        sentence=alarm_words.headline(first),
        why=" ".join(
            [
                alarm_words.spread(first),
                *([beside] if more else []),
            ]
        ),
        act=_("See what is known"),
        url=reverse("web:one_outcry", args=[first.pk]),
        more=_("All alarms"),
        more_url=reverse("web:outcries"),
        is_urgent=first.state == StreamState.OUTCRY,
    )


def _decision_cards(person: Person) -> list[TodayCard]:
    """The question about a theme that this person is to decide; else what nobody decides, for those who may name one."""
    themes = list(deciding.asking(person)[: MOST_NAMED + 1])
    if not themes:
        return []
    first, more = themes[0], len(themes) - 1
    name, is_mine = {"name": first.name}, first.decider_id == person.pk and first.state == ThemeState.DECIDING
    if is_mine and first.decide_by:
        why = _("“%(name)s” is above its limit. A decision is due by %(day)s.") % {
            **name, "day": figures.day(first.decide_by),
        }  # fmt: skip
    else:
        why = _("It is above its limit, and asks for a question, somebody who decides, and a date.")
    return [
        TodayCard(
            icon="scale",
            kind=_("Yours to decide") if is_mine else _("Nobody decides"),
            about=first.name,
            sentence=first.question if is_mine else _("Nobody decides about “%(name)s”.") % name,
            why=why,
            act=_("Decide it") if is_mine else _("Name who decides"),
            url=f"{theme_address(first)}#decision",
            more=ngettext("One more theme", "%(n)s more themes", more) % {"n": more} if more else "",
            more_url=f"{reverse('web:themes')}?show=now" if more else "",
        )
    ]


def _source_cards(person: Person, now: datetime) -> list[TodayCard]:
    """The first source that cannot be asked, or is silent for longer than is usual for it, as one card."""
    rows = source_page.needing_somebody(person, now)
    if not rows:
        return []
    row, more = rows[0], len(rows) - 1
    one = row.source
    kind, sentence, why = _of_source(row)
    return [
        TodayCard(
            icon="database",
            kind=kind,
            about=row.kind,
            sentence=sentence,
            why=why,
            act=_("Look at %(name)s") % {"name": one.name},
            url=reverse("listen:source", args=[one.pk]),
            more=ngettext("One more source", "%(n)s more sources", more) % {"n": more} if more else "",
            more_url=reverse("listen:sources") if more else "",
        )
    ]


def _of_source(row: source_page.Row) -> tuple[str, str, str]:
    """What a card says of a source that needs somebody: of what kind it is, the sentence, and why."""
    if row.state == "late":
        why = _("Its customers speak and we do not hear them.")
        return _("A source went silent"), row.freshness.sentence, why
    if row.state == "unread":
        return _("Files are not read"), row.unread_sentence, _("Each failed batch says why.")
    if row.state == "locked":
        sentence = _("Messages of %(name)s are turned away.") % {"name": row.source.name}
        return _("A source is turned away"), sentence, row.error
    sentence = _("%(name)s cannot be asked.") % {"name": row.source.name}
    return _("A source cannot be asked"), sentence, row.error[:240]


def _talk_cards(person: Person) -> list[TodayCard]:
    return [_talk_card(one) for one in talks.waiting_for(person)[:MOST_TALKS]]


def _talk_card(conversation: Conversation) -> TodayCard:
    due = conversation.due
    return TodayCard(
        icon="messages-square",
        kind=_("Waits for you"),
        about=conversation.context.label,
        sentence=conversation.question or conversation.title,
        why=_("%(name)s asked you in on %(day)s.")
        % {"name": conversation.opened_by.name, "day": figures.day(conversation.opened_at)}
        + (" " + _("An answer is due by %(day)s.") % {"day": figures.day(due)} if due else ""),
        act=_("Answer %(name)s") % {"name": conversation.opened_by.name},
        url=reverse("converse:conversation", args=[conversation.pk]),
    )


def _driver_cards() -> list[TodayCard]:
    report = queries.latest_drivers()
    found = (report.content.get("drivers") or []) if report else []
    words = driver_card_text(found[0]) if found else None
    if words is None:
        return []
    sentence, why = words
    return [
        TodayCard(
            icon="chart-no-axes-column",
            kind=_("What moves it"),
            about=_("all orders"),
            sentence=sentence,
            why=why,
            act=_("See what moves it"),
            url=reverse("reconnect:drivers"),
        )
    ]
