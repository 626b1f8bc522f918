"""One row a closed deal, with the buyer's context and the reason in the buyer's own words."""

from datetime import date

import ibis
import ibis.expr.types as ir

from interlock.analytics.finding import RowQuery, Tables, gettext_noop
from interlock.analytics.sources import of_sources, sourced, sources_saying
from interlock.analytics.symptoms import facts as fact
from interlock.analytics.symptoms.evidence import select_rows
from interlock.analytics.symptoms.facts import source_currency
from interlock.analytics.symptoms.rule import Need

NEEDS = (
    Need(
        "deals",
        ("outcome", "closed_at"),
        gettext_noop("There are no deals that say how they ended and when."),
    ),
)
_READABLE: tuple[str, ...] = ("deal_id", "account", "segment", "use_case", "region", "product", "rival")
_READABLE += (
    "closed_at",
    "outcome",
    "amount",
    "reason_buyer",
    "reason_rep",
    "hit",
    "account_id",
    "product_id",
)


def closed_deals(tables: Tables, first: date, last: date, *naming: str) -> ir.Table:
    """Return one row a deal won or lost from `first` to `last`; `hit` is 1 when it was lost.

    Deals of sources that never say one of the columns `naming` are left out.
    """
    deals = of_sources(sourced(tables, "deals"), sources_saying(tables, "deals", *naming))
    closed = deals.select(
        currency=source_currency(tables, deals),
        deal_id=deals.deal_id,
        outcome=deals.outcome.cast("string"),
        closed_at=deals.closed_at.cast("timestamp(6)"),
        amount=fact.column(deals, "amount", "float64"),
        account_id=fact.column(deals, "account_id", "string"),
        product_id=fact.column(deals, "product_id", "string"),
        team_id=fact.column(deals, "team_id", "string"),
        rival=fact.column(deals, "rival", "string"),
        reason_buyer=fact.column(deals, "loss_reason_buyer", "string"),
        reason_rep=fact.column(deals, "loss_reason_rep", "string"),
    )
    on = fact.day(closed.closed_at)
    closed = closed.filter(closed.outcome.isin(("won", "lost")), on >= first, on <= last)
    on = fact.day(closed.closed_at)
    lost = closed.outcome == "lost"
    closed = closed.mutate(on=on, month=fact.month(on), hit=lost.cast("int64"))
    return fact.with_product(tables, fact.with_account(tables, closed))


def amounts_caveat(margin: float | None) -> str:
    """Say what the amounts of lost deals are."""
    if margin is None:
        return gettext_noop(
            "Amounts of deals lost beyond the usual, as the sales records state them; not margin."
        )
    return gettext_noop(
        "Margin of deals lost beyond the usual; some of them may come back. Associated, not proven."
    )


def top_reason(facts: ir.Table) -> tuple[str, int]:
    """Return the commonest reason of lost deals, the buyer's before the seller's, and how often."""
    lost = facts.filter(facts.hit == 1)
    said = lost.mutate(reason=ibis.coalesce(lost.reason_buyer, lost.reason_rep))
    said = said.filter(said.reason.notnull(), said.reason != "")
    ranked = said.group_by("reason").agg(n=ibis._.count()).order_by(ibis.desc("n"), "reason").limit(1)
    rows = ranked.to_pyarrow().to_pylist()
    return (rows[0]["reason"], rows[0]["n"]) if rows else ("", 0)


def rows(tables: Tables, query: RowQuery) -> ir.Table:
    """Return the closed deals of a group, the lost ones first."""
    first, last = (date.fromisoformat(query.params[end]) for end in ("from", "to"))
    naming = ("rival",) if query.rule == "R09" else ()
    facts = select_rows(closed_deals(tables, first, last, *naming), query)
    return facts.select(*_READABLE).order_by(ibis.desc("hit"), ibis.desc("closed_at"), "deal_id")
