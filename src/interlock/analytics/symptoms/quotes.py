"""What customers wrote about the rows of a finding, in their own words and on its topic.

Each rule says what its topic is: words about time, the reason given most often, or what was
written around the day on which a deal was lost. Where nothing on the topic was written, other
words about the same rows stand in; praise never does.
"""

import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import Quote, Symptom, Tables
from interlock.analytics.symptoms.bench import Bench
from interlock.analytics.symptoms.facts import column

MOST_QUOTES = 5
FEWEST_WORDS = 3
AROUND_DAYS = 60  # before and after the day on which a deal was lost
CONTENT = 0.7  # a rating above this share is no word of harm
_READ = 200
_KEPT = 12
_ALIKE = 60  # letters and digits by which two texts are told apart
_UNRATED = 0.3
# Stems in the languages of the exports we know: English, German, French, Spanish and Portuguese, Dutch.
TIME_WORDS = (
    "late", "delay", "wait", "weeks", "promised d", "overdue", "on time", "arriv", "deliver", "never came",
    "spät", "warte", "liefer", "wochen", "termin", "retard", "livr", "attend", "semaine", "délai",
    "tarde", "retras", "no ha llegado", "plazo", "prazo", "atras", "demor", "não cheg", "nao cheg", "não receb",
    "nao receb", "não foi entreg", "nao foi entreg", "previst", "até agora", "te laat", "wacht", "geleverd",
)  # fmt: skip


@dataclass(frozen=True)
class Topic:
    """What the words should be about.

    Attributes:
        key: the column by which signals name the rows.
        words: stems of which one should be said; any when empty.
        common_reason: keep to the reason most of these signals give.
        around: column of the rows with the day around which the words were written.
        kinds: kinds of signals that count; all but praise when empty.
    """

    key: str = "line_id"
    words: tuple[str, ...] = ()
    common_reason: bool = False
    around: str = ""
    kinds: tuple[str, ...] = ()


TIME = Topic(words=TIME_WORDS)
REASON = Topic(common_reason=True)
LOSS = Topic("account_id", around="closed_at", kinds=("loss", "cancel"))


def quotes(bench: Bench, hits: ir.Table, topic: Topic) -> tuple[Quote, ...]:
    """Return up to twelve texts about these rows, those on the topic first, then the worst rated and latest."""
    if not bench.has("signals", "body") or not bench.has("signals", topic.key):
        return ()
    rows = _said(bench.tables, hits, topic).to_pyarrow().to_pylist()
    for row in rows:
        row["body"] = " ".join(str(row["body"]).split())
    rows = [row for row in rows if len(row["body"].split()) >= FEWEST_WORDS]
    chosen: dict[str, dict[str, Any]] = {}
    for row in _on_topic(rows, topic) or rows:
        chosen.setdefault(_sign(row["body"]), row)
    return _as_quotes(bench.tables, list(chosen.values())[:_KEPT])


def each_once(symptoms: Iterable[Symptom]) -> tuple[Symptom, ...]:
    """Give every text to one finding only: in turn one text each, until each has five."""
    found = tuple(symptoms)
    waiting = [list(symptom.quotes) for symptom in found]
    given: list[list[Quote]] = [[] for _ in found]
    shown: set[str] = set()
    for _ in range(MOST_QUOTES):
        for queue, mine in zip(waiting, given, strict=True):
            while queue and _sign(queue[0].text) in shown:
                queue.pop(0)
            if queue:
                shown.add(_sign(queue[0].text))
                mine.append(queue.pop(0))
    return tuple(replace(one, quotes=tuple(mine)) for one, mine in zip(found, given, strict=True))


def _said(tables: Tables, hits: ir.Table, topic: Topic) -> ir.Table:
    signals = tables.table("signals")
    said = signals.select(
        signal_id=signals.signal_id,
        said_of=signals[topic.key].cast("string"),
        account_id=column(signals, "account_id", "string"),
        occurred_at=signals.occurred_at.cast("timestamp(6)"),
        rating=column(signals, "rating", "float64") / column(signals, "rating_max", "float64").nullif(0),
        reason=column(signals, "reason", "string"),
        title=column(signals, "title", "string"),
        body=signals.body.cast("string"),
        kind=signals.kind.cast("string"),
    )
    wanted = said.kind.isin(topic.kinds) if topic.kinds else said.kind != "praise"
    said = said.filter(wanted, said.body.notnull(), said.rating.fill_null(0.0) <= CONTENT)
    if topic.around:
        about = hits.select(key_of_hit=hits[topic.key], moment=hits[topic.around].cast("timestamp(6)"))
        days = ibis.interval(days=AROUND_DAYS)
        near = (said.occurred_at >= about.moment - days) & (said.occurred_at <= about.moment + days)
        said = said.semi_join(about, [said.said_of == about.key_of_hit, near])
    else:
        about = hits.select(key_of_hit=hits[topic.key]).distinct()
        said = said.semi_join(about, said.said_of == about.key_of_hit)
    worst = said.rating.fill_null(_UNRATED)
    return said.order_by(worst, ibis.desc("occurred_at"), "signal_id").limit(_READ)


def _on_topic(rows: list[dict[str, Any]], topic: Topic) -> list[dict[str, Any]]:
    if topic.words:
        return [row for row in rows if _speaks_of(row, topic.words)]
    if topic.common_reason:
        given = Counter(row["reason"] for row in rows if row["reason"])
        if given:
            most = max(given.items(), key=lambda item: (item[1], item[0]))[0]
            return [row for row in rows if row["reason"] == most]
    return rows


def _speaks_of(row: dict[str, Any], words: tuple[str, ...]) -> bool:
    text = " ".join(str(row[name] or "") for name in ("reason", "title", "body")).lower()
    return any(word in text for word in words)


def _sign(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in plain if c.isalnum())[:_ALIKE]


def _as_quotes(tables: Tables, rows: list[dict[str, Any]]) -> tuple[Quote, ...]:
    who = _who(tables, sorted({row["account_id"] for row in rows if row["account_id"]}))
    return tuple(
        Quote(row["signal_id"], row["body"], who.get(row["account_id"], ""), row["occurred_at"].date())
        for row in rows
    )


def _who(tables: Tables, account_ids: list[str]) -> dict[str, str]:
    """Return name and region of accounts, as far as they are known."""
    if not account_ids or not tables.has("accounts"):
        return {}
    accounts = tables.table("accounts")
    found = accounts.filter(accounts.account_id.isin(account_ids)).select(
        key=accounts.account_id,
        name=column(accounts, "name", "string"),
        region=column(accounts, "region", "string"),
    )
    return {
        row["key"]: ", ".join(part for part in (row["name"], row["region"]) if part)
        for row in found.to_pyarrow().to_pylist()
    }
