"""R03: customers waited past the promise to answer, or had to write again.

The promise is read from the promises on record; two days are assumed where there is none. A signal counts from the first
day on which its kind and channel had any answer on record: before that, nobody noted
answers, and silence in the records is not silence towards the customer.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import RowQuery, RuleOff, Sentence, Symptom, Tables, gettext_noop
from interlock.analytics.sources import of_sources, once, sourced, sources_saying
from interlock.analytics.symptoms import facts as fact
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.compose import Ground, Wording, compose
from interlock.analytics.symptoms.evidence import histories, select_rows
from interlock.analytics.symptoms.looks import longest_before, look_for_alarms
from interlock.analytics.symptoms.prices import Prices
from interlock.analytics.symptoms.quotes import Topic
from interlock.analytics.symptoms.rule import Need, Rule
from interlock.analytics.symptoms.search import Alarm, Bar
from interlock.analytics.symptoms.uplift import reorders

KEY = "R03"
ANSWER_HOURS = 48  # the promise assumed where the records state none
TARGET = 0.10  # unanswered past the promise, of 100 at most 10
ASKING = ("ticket", "complaint")  # who writes these waits for a person
TELLING = ("review", "survey", "return", "cancel")  # judged only where nobody asks in any other way
_COLUMNS = {
    "segment": ("accounts", "segment"),
    "team_id": ("signals", "team_id"),
    "family": ("products", "family"),
    "region": ("accounts", "region"),
    "channel": ("signals", "channel"),
}
_GROUPINGS: tuple[tuple[str, ...], ...] = (
    ("segment",),
    ("kind",),
    ("channel",),
    ("family",),
    ("region",),
)
_PROMISE = re.compile(r"\bwithin (\w+) (?:working |business )?(hour|day)s?\b", re.IGNORECASE)
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5}
_PAST_PROMISE: dict[tuple[str, ...], str] = {
    ("segment",): gettext_noop(
        "{x} of {n} messages from customers of the segment {segment} waited past our promise to answer"
        " within {hours} hours."
    ),
    ("kind",): gettext_noop(
        "{x} of {n} messages of the kind {kind} waited past our promise to answer within {hours} hours."
    ),
    ("channel",): gettext_noop(
        "{x} of {n} messages that came by {channel} waited past our promise to answer within {hours} hours."
    ),
    ("family",): gettext_noop(
        "{x} of {n} messages about {family} waited past our promise to answer within {hours} hours."
    ),
    ("region",): gettext_noop(
        "{x} of {n} messages from customers in {region} waited past our promise to answer"
        " within {hours} hours."
    ),
}
_PAST_TWO_DAYS: dict[tuple[str, ...], str] = {
    ("segment",): gettext_noop(
        "{x} of {n} messages from customers of the segment {segment} waited more than two days for an"
        " answer; usually it is {usual} in 100."
    ),
    ("kind",): gettext_noop(
        "{x} of {n} messages of the kind {kind} waited more than two days for an answer;"
        " usually it is {usual} in 100."
    ),
    ("channel",): gettext_noop(
        "{x} of {n} messages that came by {channel} waited more than two days for an answer;"
        " usually it is {usual} in 100."
    ),
    ("family",): gettext_noop(
        "{x} of {n} messages about {family} waited more than two days for an answer;"
        " usually it is {usual} in 100."
    ),
    ("region",): gettext_noop(
        "{x} of {n} messages from customers in {region} waited more than two days for an answer;"
        " usually it is {usual} in 100."
    ),
}
_AGAIN = gettext_noop("{again} of them wrote again.")
_ASSUMED = gettext_noop(
    "The records promise no time to answer, so two days are assumed and groups are compared with each other."
)
_STATED = gettext_noop("The records promise: “{promise}”. More than 10 in 100 late is too many.")
_READABLE: tuple[str, ...] = (
    "account",
    "kind",
    "channel",
    "product",
    "region",
    "occurred_at",
    "first_reply_at",
)
_READABLE += ("days_waited", "reopened", "title", "hit", "signal_id", "account_id", "product_id")


def answer_promise(tables: Tables) -> tuple[int, str]:
    """Return the hours within which an answer is promised, and the promise's words; "" when assumed."""
    if not tables.has("promises", "kind", "text"):
        return ANSWER_HOURS, ""
    promises = tables.table("promises")
    said = promises.filter(promises.kind == "service", promises.text.lower().contains("answer"))
    stated = [
        (_hours(row["text"]), row["text"]) for row in said.select("text").distinct().to_pyarrow().to_pylist()
    ]
    known = sorted((hours, text.rstrip(".")) for hours, text in stated if hours)
    return known[0] if known else (ANSWER_HOURS, "")


def asking(tables: Tables, signals: ir.Table) -> ir.BooleanValue:
    """Say which signals await an answer: tickets and complaints where a source answers them, else all that is told."""

    def ask() -> frozenset[str]:
        rows = sourced(tables, "signals")
        answered = (
            rows.filter(rows.kind.isin(ASKING), rows.first_reply_at.notnull()).select("source_id").distinct()
        )
        return frozenset(answered.to_pyarrow()["source_id"].to_pylist())

    asked = signals.source_id.isin(sorted(once(tables, "sources that answer", ask)))
    return (asked & signals.kind.isin(ASKING)) | (~asked & signals.kind.isin(TELLING))


def _hours(text: str) -> int:
    """Read "within one day" as 24; 0 where no time is stated."""
    found = _PROMISE.search(text)
    if not found:
        return 0
    word = found[1].lower()
    number = int(word) if word.isdigit() else _NUMBERS.get(word, 0)
    return number * (24 if found[2].lower() == "day" else 1)


def asked_signals(tables: Tables, first: date, last: date) -> ir.Table:
    """Return one row a signal that asked for an answer and was due one by `last`."""
    hours, _ = answer_promise(tables)
    telling = sources_saying(tables, "signals", "first_reply_at")
    signals = of_sources(sourced(tables, "signals"), telling)
    asked = signals.select(
        source_id=signals.source_id,
        signal_id=signals.signal_id,
        kind=signals.kind.cast("string"),
        occurred_at=signals.occurred_at.cast("timestamp(6)"),
        first_reply_at=fact.column(signals, "first_reply_at", "timestamp(6)"),
        account_id=fact.column(signals, "account_id", "string"),
        product_id=fact.column(signals, "product_id", "string"),
        channel=fact.column(signals, "channel", "string"),
        team_id=fact.column(signals, "team_id", "string"),
        reopened=fact.column(signals, "reopened", "int64"),
        title=fact.column(signals, "title", "string"),
        line_id=fact.column(signals, "line_id", "string"),
    )
    asked = asked.filter(
        asking(tables, asked),
        asked.occurred_at < fact.end_of(last) - timedelta(hours=hours),
    )
    asked = _observed(asked)
    asked = asked.filter(asked.occurred_at >= fact.start_of(first))
    replied = asked.first_reply_at <= asked.occurred_at + ibis.interval(hours=hours)
    heard = ibis.coalesce(asked.first_reply_at, ibis.literal(fact.end_of(last), "timestamp(6)"))
    on = fact.day(asked.occurred_at)
    asked = asked.mutate(
        on=on,
        month=fact.month(on),
        hit=(~replied.fill_null(False)).cast("int64"),
        days_waited=fact.day(heard).delta(on, unit="day"),
    )
    return fact.with_product(tables, fact.with_account(tables, _with_amount(tables, asked)))


def _with_amount(tables: Tables, asked: ir.Table) -> ir.Table:
    """Add what was paid for the line a signal is about."""
    if not tables.has("order_lines", "amount") or not tables.has("signals", "line_id"):
        return asked.mutate(amount=ibis.null("float64"), currency=ibis.null("string"))
    lines = fact.order_lines(tables)
    paid = lines.select("amount", "currency", joined_key=lines.line_id)
    return asked.left_join(paid, asked.line_id == paid.joined_key).drop("joined_key")


def _observed(asked: ir.Table) -> ir.Table:
    """Keep signals from the first day on which their kind and channel had an answer on record."""
    source = ibis.window(group_by=["source_id", "kind", "channel"])
    began = asked.first_reply_at.notnull().ifelse(asked.occurred_at, ibis.null("timestamp(6)")).min()
    seen = asked.mutate(began=began.over(source))
    return seen.filter(seen.occurred_at >= seen.began).drop("began")


def run(bench: Bench) -> Sequence[Symptom] | RuleOff:
    """Return the kinds of signal, channels, products or regions that wait for an answer too often."""
    last = bench.until(sources_saying(bench.tables, "signals", "first_reply_at")).date()
    with bench.tables.held(asked_signals(bench.tables, longest_before(last), last)) as facts:
        return _waiting(bench, facts, last)


def _waiting(bench: Bench, facts: ir.Table, last: date) -> list[Symptom]:
    columns = ("kind", *(name for name, need in _COLUMNS.items() if bench.has(*need)))
    groupings = [group for group in _GROUPINGS if set(group) <= set(columns)]
    # Segment and channel are not allowed for: shops phone and riders write, each would excuse the other.
    mix = tuple(name for name in columns if name not in ("segment", "channel"))
    hours, promise = answer_promise(bench.tables)
    alarms = look_for_alarms(
        facts,
        columns,
        groupings,
        mix,
        (longest_before(last), last),
        Bar(targets=dict.fromkeys(groupings, TARGET), whole=("kind",)) if promise else Bar(),
    )
    if not alarms:
        return []
    stated = _STATED if promise else _ASSUMED
    said = {"promise": promise}
    ground = Ground(bench, RULE, facts, histories(facts, alarms, last), mix, stated, Topic("signal_id"), said)
    prices = _prices(bench, facts, last)
    return [
        compose(
            ground,
            alarm,
            _wording(ground, alarm, hours, prices),
            prices.money(alarm, alarm.cube.period.per_year),
            prices.refusal(),
        )
        for alarm in alarms
    ]


def _wording(ground: Ground, alarm: Alarm, hours: int, prices: Prices) -> Wording:
    stated = ground.missing == _STATED
    text = (_PAST_PROMISE if stated else _PAST_TWO_DAYS)[alarm.columns]
    again = None
    if ground.bench.has("signals", "reopened"):
        again = Sentence(_AGAIN, {"again": _again(ground, alarm)})
    return Wording(text, {"hours": hours}, prices.harm(), then=again)


def _again(ground: Ground, alarm: Alarm) -> int:
    """Count the customers of an alarm who wrote again."""
    facts = ground.facts.filter(ground.facts.on >= alarm.cube.period.first)
    for name, key in zip(alarm.columns, alarm.key, strict=True):
        facts = facts.filter(facts[name] == key)
    waited = facts.filter(facts.hit == 1)
    return int(waited.filter(waited.reopened > 0).count().to_pyarrow().as_py())


def _prices(bench: Bench, facts: ir.Table, last: date) -> Prices:
    asked = facts.filter(facts.account_id.notnull())
    sides = asked.select("account_id", due=asked.occurred_at, broken=asked.hit.cast("int8"))
    return Prices(
        KEY,
        bench,
        reorders(bench, sides, last),
        {},
        gettext_noop("signals a year that ask for an answer"),
        gettext_noop("left waiting beyond the promise"),
    )


def rows(tables: Tables, query: RowQuery) -> ir.Table:
    """Return the signals of a group, what the customer asked beside when we answered."""
    first, last = (date.fromisoformat(query.params[end]) for end in ("from", "to"))
    facts = select_rows(asked_signals(tables, first, last), query)
    return facts.select(*_READABLE).order_by(ibis.desc("hit"), ibis.desc("days_waited"), "signal_id")


RULE = Rule(
    key=KEY,
    title=gettext_noop("Answers"),
    functions=("service", "customer"),
    needs=(
        Need(
            "signals",
            ("kind", "occurred_at", "first_reply_at"),
            gettext_noop("No signal says when it was first answered."),
        ),
    ),
    groups=gettext_noop("kind, channel, family, region"),
    test="T2 above 10 in 100 past the promise on record; T1 between groups where none is",
    bring=("service", "product", "customer"),
    run=run,
    rows=rows,
)
