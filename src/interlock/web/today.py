"""What the front page says: at most seven cards, the dearest disconnect first, and the three figures on top.

Nothing is computed here that the rooms have not computed already: reconnect gives the disconnects and their
money, converse the talks that wait, listen the figures of answering. This module chooses and words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.loop import reading as loops
from interlock.converse.queries import conversations_visible_to
from interlock.fabric import away, records
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person, Role
from interlock.listen.answering import answering_now
from interlock.listen.queries import demo_source, only_hears
from interlock.listen.waiting import answered_in_time, clocks_visible_to
from interlock.reconnect import findings, queries
from interlock.reconnect.measures import measure_of
from interlock.reconnect.models import Detection, Disconnect
from interlock.web import figures, sentences
from interlock.web.templatetags.components import function_name
from interlock.web.today_cards import (
    TodayCard,
    answer_cards,
    chat_cards,
    decision_cards,
    driver_cards,
    outcry_card,
    promise_cards,
    revisit_cards,
    source_cards,
    talk_cards,
)
from interlock.web.top_line import Figure, closed, top_line

MOST_CARDS = 7
MOST_DISCONNECTS = 3
# Only what the total needs: the sentences and series of hundreds of disconnects would be read for nothing.
_MONEY_COLUMNS = ("currency", "money_low", "money_mid", "money_high", "money_basis")


@dataclass(frozen=True)
class FrontPage:
    """Everything the page shows; `stage` is start, reading or today; community for a customer whom no talk of ours includes."""

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
        others = away.stood_in_for(person, now)
        waiting = talk_cards(person, others)
        cards = [*promise_cards(person, others, now), *waiting]
        is_elsewhere = (
            not cards and person.role == Role.CUSTOMER and not conversations_visible_to(person).exists()
        )
        stage = "community" if is_elsewhere else "today"
        return FrontPage(stage, heading=_guest_heading(len(waiting)), cards=cards)
    snapshot, detection = records.snapshot(), queries.latest_detection()
    has_records = any(snapshot.counts.values())
    if not (detection and has_records) and not only_hears():
        return FrontPage("reading" if has_records else "start")
    return _company_page(person, detection, snapshot.number, now)


def _company_page(
    person: Person, detection: Detection | None, snapshot_number: int, now: datetime
) -> FrontPage:
    """Without a detection it holds what customers say and what colleagues promised."""
    priced = list(queries.open_disconnects(person).select_related(None).only(*_MONEY_COLUMNS))
    list_url = reverse("reconnect:disconnects")
    worst = findings.worst_disconnects(person, limit=MOST_DISCONNECTS, now=now)
    outcry = [card for card in [outcry_card(person)] if card]
    # What happens now goes before what has been so for weeks.
    first = [outcry.pop()] if outcry and outcry[0].is_urgent else []
    found = [disconnect_card(card, leads=not first and at == 0) for at, card in enumerate(worst)]
    lead, *rest = [*first, *found] or [None]
    others = away.stood_in_for(person, now)
    return FrontPage(
        "today",
        heading=_heading(len(priced), len(worst)) if detection else _heading_before_records(),
        as_of=detection.as_of if detection else None,
        top=[
            *top_line(
                findings.money_at_stake(priced),
                answering_now() or answered_in_time(clocks_visible_to(person), now),
                open_count=len(priced),
                urls={name: reverse(f"listen:{name}") for name in ("signals", "waiting")}
                | {"disconnects": list_url},
            ),
            *closed(loops.whole(loops.counts_visible_to(person).filter(block=0)), reverse("loop:ledger")),
        ],
        disconnects_url=list_url,
        lead=lead,
        cards=[
            *outcry,
            *answer_cards(person, now),
            *promise_cards(person, others, now),
            *revisit_cards(person, now),
            *decision_cards(person),
            *source_cards(person, now),
            *chat_cards(person),
            *rest,
            *talk_cards(person, others),
            *driver_cards(),
        ][: MOST_CARDS - 1],
        quieter=max(0, len(priced) - len(worst)) + queries.tab_counts(person)["suspected"],
        muted=len(queries.muted_rules()),
        rules_off=len(detection.rules_off) if detection else 0,
        is_behind=bool(detection and detection.snapshot_number < snapshot_number),
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


def _heading_before_records() -> str:
    return _(
        "This is what customers ask of us. Disconnects stand here once orders or deliveries are read too."
    )


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
