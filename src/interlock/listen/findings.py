"""What the list of signals says in its headline, and what the records know around one signal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.analytics.statistics.shares import wilson
from interlock.analytics.text.echo import is_measured
from interlock.fabric import records
from interlock.listen.models import Facet, Signal, SignalsCopied, ThemesLearnt
from interlock.listen.search import SIGNS_AMONG, signs_of
from interlock.listen.selection import Counted, Selection, counted
from interlock.listen.themes.echoing import Echoed
from interlock.store.engine import Records

FEWEST_RATED = 30
MOST_LINES = 50


@dataclass(frozen=True)
class Heard:
    """How many signals a reader's filters let through, and the headline that says what they tell.

    `exact` is false when there are more than were counted.
    """

    headline: str
    note: str
    signals: int
    exact: bool
    customers: int = 0
    voices: int = 0


def heard(selection: Selection, signals: QuerySet[Signal], copied: SignalsCopied) -> Heard:
    """Count and word a list of signals. Without filters nothing is counted: the last sync has done so."""
    if selection.is_everything:
        return Heard(_everything(copied), _interval_note(copied.recent), copied.signals, True)
    found = counted(signals, with_words=bool(selection.q))
    if not found.signals:
        return Heard(_("No signal is like that."), _signs_note(selection), 0, True)
    number = found.signals if found.exact else _known(selection)
    parts = [_matching(number, found)]
    # What the reader asked for is not told back as a finding.
    if found.waiting and not selection.answered:
        said = ngettext("%(n)s waits for an answer", "%(n)s wait for an answer", found.waiting)
        parts.append(_among(said, found.waiting, found))
    elif found.unanswered and not selection.answered:
        said = ngettext("%(n)s has no answer on record", "%(n)s have no answer on record", found.unanswered)
        parts.append(_among(said, found.unanswered, found))
    elif found.low and not selection.rating:
        parts.append(_among(_("%(n)s gave two fifths or less"), found.low, found))
    customers, voices = _people(signals) if selection.theme and found.exact else (0, 0)
    return Heard(
        "; ".join(parts) + ".",
        _signs_note(selection) or (_people_note(customers, voices) if voices else ""),
        number or found.signals,
        number is not None,
        customers,
        voices,
    )


def _signs_note(selection: Selection) -> str:
    if not signs_of(selection.q):
        return ""
    return _("Signs alone are looked for as they stand, in the newest %(n)s signals.") % {
        "n": _text(SIGNS_AMONG)
    }


def _people(signals: QuerySet[Signal]) -> tuple[int, int]:
    """Customers and voices of signals in themes. One query."""
    counted = signals.order_by().aggregate(
        customers=Count("themed__customer", distinct=True), voices=Count("themed__voice", distinct=True)
    )
    return counted["customers"], counted["voices"]


def _people_note(customers: int, voices: int) -> str:
    said = ngettext("one voice", "%(n)s voices", voices) % {"n": _text(voices)}
    if customers:
        of = ngettext("%(voices)s of one customer", "%(voices)s of %(n)s customers", customers)
        said = of % {"voices": said, "n": _text(customers)}
    return _("These are %(voices)s: who says the same again is no second voice.") % {"voices": said}


@dataclass(frozen=True)
class EchoTold:
    """How widely something is echoed, in words, with the ends of the addresses of those signals at each level."""

    sentence: str
    echoed: Echoed | None = None
    usual_url: str = ""
    strict_url: str = ""
    loose_url: str = ""


def echo_told(selection: Selection, signals: QuerySet[Signal]) -> EchoTold | None:
    """What the list says of those that mean nearly the same; None where neither words nor a signal are asked about."""
    if signs_of(selection.q) or not (selection.q or selection.meaning or selection.like):
        return None
    echoed = selection.echoed
    if echoed is None:
        return _no_echo(signals)
    about = Selection(meaning=selection.meaning or selection.q, like=selection.like)
    urls = [replace(about, nearness=name).as_query() for name in ("", "strict", "loose")]
    return EchoTold(_echo_sentence(echoed), echoed, *urls)


def _no_echo(signals: QuerySet[Signal]) -> EchoTold | None:
    learnt = ThemesLearnt.objects.order_by("-pk").only("encoder").first()
    if learnt and not is_measured(learnt.encoder):
        return EchoTold(
            _(
                "Only the words are searched: from which likeness on texts say the same was never measured with your own encoder."
            )
        )
    if learnt:
        return EchoTold(_("There are no words here whose meaning could be compared."))
    if not signals.exists():
        return None
    return EchoTold(
        _(
            "Only the words are searched so far. What means the same is found once themes were learnt, from 30 texts on."
        )
    )


def _echo_sentence(echoed: Echoed) -> str:
    usual = echoed.usual
    if not usual.rows:
        return _("By meaning, nobody says nearly the same.")
    said = ngettext("one signal", "%(n)s signals", usual.rows) % {"n": _text(usual.rows)}
    if usual.customers:
        said = ngettext("%(signals)s of one customer", "%(signals)s of %(n)s customers", usual.customers) % {
            "signals": said, "n": _text(usual.customers),
        }  # fmt: skip
    if not echoed.whole:
        said = _("at least %(signals)s") % {"signals": said}
    verb = ngettext("says", "say", usual.rows)
    return _("By meaning, %(signals)s %(say)s nearly the same.") % {"signals": said, "say": verb}


def _known(selection: Selection) -> int | None:
    """The exact number of a single filter's signals, where the last sync has counted them."""
    name, value = selection.only or ("", "")
    return Facet.objects.filter(name=name, value=value).values_list("signals", flat=True).first()


def _everything(copied: SignalsCopied) -> str:
    recent = copied.recent
    if not copied.signals:
        return _("No customer has been heard yet.")
    if recent.get("rated", 0) >= FEWEST_RATED:
        return _("In the newest 90 days %(x)s of %(n)s who gave a rating gave two fifths or less.") % {
            "x": _text(recent["low"]),
            "n": _text(recent["rated"]),
        }
    if recent.get("answerable"):
        return _("In the newest 90 days %(x)s of %(n)s signals are without an answer.") % {
            "x": _text(recent["unanswered"]),
            "n": _text(recent["answerable"]),
        }
    return ngettext("Customers were heard once.", "Customers were heard %(n)s times.", copied.signals) % {
        "n": _text(copied.signals)
    }


def _interval_note(recent: dict[str, int]) -> str:
    if recent.get("rated", 0) < FEWEST_RATED:
        return ""
    low, high = wilson(recent["low"], recent["rated"])
    return _(
        "%(low)s to %(high)s in 100, 95 times in 100; n %(n)s. Counted when the records were last read."
    ) % {
        "low": round(100 * float(low)),
        "high": round(100 * float(high)),
        "n": _text(recent["rated"]),
    }


def _matching(number: int | None, found: Counted) -> str:
    if number is None:
        return _("At least %(n)s signals are like that") % {"n": _text(found.signals)}
    return ngettext("One signal is like that", "%(n)s signals are like that", number) % {"n": _text(number)}


def _among(sentence: str, part: int, found: Counted) -> str:
    """A part of those that were counted, which are only the newest when there are very many."""
    said = sentence % {"n": _text(part)}
    if found.exact:
        return said
    return _("of the newest %(n)s, %(said)s") % {"n": _text(found.signals), "said": said}


def _text(number: int) -> str:
    return number_format(number, force_grouping=True)


@dataclass(frozen=True)
class AroundSignal:
    """What the records hold around one signal; every part may be absent."""

    account: dict[str, Any] | None
    order: dict[str, Any] | None
    lines: list[dict[str, Any]]
    product: dict[str, Any] | None


def around(signal: Signal) -> AroundSignal:
    """Read the account, the order with its lines, and the product of one signal from the records."""
    if not records.snapshot().counts:
        return AroundSignal(None, None, [], None)
    tables = records.current_records()
    return AroundSignal(
        account=_one(tables, "accounts", "account_id", signal.account_key),
        order=_one(tables, "orders", "order_id", signal.order_key),
        lines=_lines(tables, signal.order_key),
        product=_one(tables, "products", "product_id", signal.product_key),
    )


def _one(tables: Records, table: str, key: str, value: str) -> dict[str, Any] | None:
    if not value or table not in tables.tables():
        return None
    # DuckDB's own SQL, a hot path: making the question from Ibis took longer than answering it.
    rows = tables.sql(f"SELECT * FROM {table} WHERE {key} = $value LIMIT 1", value=value).to_pylist()  # noqa: S608 - our own names
    return rows[0] if rows else None


def _lines(tables: Records, order_key: str) -> list[dict[str, Any]]:
    if not order_key or "order_lines" not in tables.tables():
        return []
    lines = tables.sql(
        f"SELECT * FROM order_lines WHERE order_id = $order_key ORDER BY line_id LIMIT {MOST_LINES}",  # noqa: S608 - a number
        order_key=order_key,
    ).to_pylist()
    names = _product_names(tables, sorted({line["product_id"] for line in lines if line["product_id"]}))
    return [
        line | {"product_name": names.get(line["product_id"]), "late_days": _late_days(line)}
        for line in lines
    ]


def _product_names(tables: Records, keys: list[str]) -> dict[str, str]:
    if not keys or "products" not in tables.tables():
        return {}
    named = tables.sql(
        "SELECT product_id, coalesce(name, family) AS name FROM products WHERE product_id IN $keys", keys=keys
    )
    return {row["product_id"]: row["name"] for row in named.to_pylist()}


def _late_days(line: dict[str, Any]) -> int | None:
    """Whole days past the promise; None without a promise or a delivery, 0 or less when it was kept."""
    promised: datetime | None = line["promised_at"]
    delivered: datetime | None = line["delivered_at"]
    return (delivered.date() - promised.date()).days if promised and delivered else None
