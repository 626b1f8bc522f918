"""How the columns of the rules' rows are called, which of them is a day or an amount, and who recorded it.

The rows of a rule join several systems of record. A page shows them in one table with one line between the
systems, so each column belongs to a side: what was sold, what was made and delivered, what the customer said.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy

SOLD, MADE, HEARD = "sold", "made", "heard"
SIDES = {
    SOLD: gettext_lazy("Sold"),
    MADE: gettext_lazy("Made and delivered"),
    HEARD: gettext_lazy("Heard"),
}
ORDER = (SOLD, MADE, HEARD)

TEXT, KEY, NUMBER, DAY, HARM = "text", "key", "number", "day", "harm"
KNOWN: dict[str, tuple[object, str, str]] = {
    "order_id": (gettext_lazy("Order"), KEY, SOLD),
    "deal_id": (gettext_lazy("Deal"), KEY, SOLD),
    "account": (gettext_lazy("Customer"), TEXT, SOLD),
    "product": (gettext_lazy("Product"), TEXT, SOLD),
    "region": (gettext_lazy("Region"), TEXT, SOLD),
    "segment": (gettext_lazy("Segment"), TEXT, SOLD),
    "use_case": (gettext_lazy("Use"), TEXT, SOLD),
    "channel": (gettext_lazy("Channel"), TEXT, SOLD),
    "rival": (gettext_lazy("Rival"), TEXT, SOLD),
    "outcome": (gettext_lazy("Outcome"), TEXT, SOLD),
    "amount": (gettext_lazy("Amount"), NUMBER, SOLD),
    "ordered_at": (gettext_lazy("Ordered"), DAY, SOLD),
    "closed_at": (gettext_lazy("Closed"), DAY, SOLD),
    "requested_at": (gettext_lazy("Requested"), DAY, SOLD),
    "promised_at": (gettext_lazy("Promised"), DAY, SOLD),
    "shipped_at": (gettext_lazy("Left the dock"), DAY, MADE),
    "delivered_at": (gettext_lazy("Delivered"), DAY, MADE),
    "days_late": (gettext_lazy("Days late"), HARM, MADE),
    "late": (gettext_lazy("On time"), TEXT, MADE),
    "batch_id": (gettext_lazy("Batch"), KEY, MADE),
    "site_id": (gettext_lazy("Site"), KEY, MADE),
    "signal_id": (gettext_lazy("Signal"), KEY, HEARD),
    "kind": (gettext_lazy("Kind"), TEXT, HEARD),
    "occurred_at": (gettext_lazy("Heard"), DAY, HEARD),
    "complained_at": (gettext_lazy("Complained"), DAY, HEARD),
    "first_reply_at": (gettext_lazy("First reply"), DAY, HEARD),
    "days_waited": (gettext_lazy("Days waited"), HARM, HEARD),
    "reopened": (gettext_lazy("Wrote again"), NUMBER, HEARD),
    "rating": (gettext_lazy("Rating"), NUMBER, HEARD),
    "title": (gettext_lazy("Subject"), TEXT, HEARD),
    "said": (gettext_lazy("Words"), TEXT, HEARD),
    "reason_buyer": (gettext_lazy("Reason, buyer"), TEXT, HEARD),
    "reason_rep": (gettext_lazy("Reason, seller"), TEXT, SOLD),
}
# Keys and flags are in the file that can be downloaded; on a page they would crowd out what a person reads.
LEFT_OUT = {"line_id", "account_id", "product_id", "team_id", "hit"}


@dataclass(frozen=True)
class Column:
    """One column of a table of rows; `starts` says that a new side begins with it."""

    name: str
    label: str
    kind: str
    side: str
    starts: bool = False


def shown_columns(names: Sequence[str]) -> list[Column]:
    """The columns that a page shows, grouped by side, each side in the order of the rule."""
    known = [(name, *KNOWN.get(name, (name.replace("_", " ").capitalize(), TEXT, SOLD))) for name in names]
    kept = [entry for entry in known if entry[0] not in LEFT_OUT]
    columns: list[Column] = []
    for side in ORDER:
        first = True
        for name, label, kind, its_side in kept:
            if its_side == side:
                columns.append(Column(name, str(label), kind, side, starts=first and bool(columns)))
                first = False
    return columns


def sides_of(columns: Sequence[Column]) -> list[dict[str, object]]:
    """The names above the sides and how many columns each spans; none when there is only one side."""
    spans = [(side, sum(column.side == side for column in columns)) for side in ORDER]
    present = [(side, span) for side, span in spans if span]
    if len(present) < 2:
        return []
    return [{"name": str(SIDES[side]), "span": span} for side, span in present]
