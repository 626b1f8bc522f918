"""Which tables, columns, types and units does a company export?

The 16 tables of the data contract, one `Table` each, in an order in which every table stands after
the tables it points to. `contract.sql` beside this file says the same as SQL; a test holds them together.
"""

from dataclasses import dataclass

import pyarrow as pa

SIGNAL_KINDS = (
    "ticket", "complaint", "review", "survey", "return", "cancel",
    "social", "post", "idea", "loss", "praise",
)  # fmt: skip
PROMISE_KINDS = ("feature", "date", "volume", "price", "service")
DEAL_OUTCOMES = ("won", "lost", "none", "open")
FUNCTIONS = (
    "sales", "marketing", "product", "production", "operations", "service", "finance", "legal", "people",
)  # fmt: skip

DECIMAL_DIGITS = 18


@dataclass(frozen=True)
class Column:
    """One column. `unit` is empty for names and texts; `scale` counts only for decimals."""

    name: str
    type: str
    required: bool = False
    unit: str = ""
    description: str = ""
    scale: int = 2
    references: str = ""

    @property
    def arrow_type(self) -> pa.DataType:
        """The type the column has in every Arrow table that enters or leaves the store."""
        if self.type == "decimal":
            return pa.decimal128(DECIMAL_DIGITS, self.scale)
        return _ARROW_TYPES[self.type]


@dataclass(frozen=True)
class Table:
    """One table of the contract. `key` names the columns that identify a row."""

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    core: bool = False

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """Return one column.

        Raises:
            KeyError: the contract has no such column in this table.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name} in the contract")


def arrow_schema(name: str) -> pa.Schema:
    """Return the Arrow schema of a contract table.

    Every field is nullable, since Arrow tables on the way in may still lack values: the lake refuses
    a row whose required column is empty.

    Raises:
        KeyError: the contract has no such table.
    """
    return pa.schema([(column.name, column.arrow_type) for column in TABLES[name].columns])


_ARROW_TYPES = {
    "text": pa.string(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "double": pa.float64(),
    "int": pa.int32(),
    "boolean": pa.bool_(),
}


def _key(name: str, description: str) -> Column:
    return Column(name, "text", True, "", description)


def _text(name: str, description: str, required: bool = False, references: str = "") -> Column:
    return Column(name, "text", required, "", description, references=references)


def _date(name: str, description: str, required: bool = False) -> Column:
    return Column(name, "date", required, "date", description)


def _time(name: str, description: str, required: bool = False) -> Column:
    return Column(name, "timestamp", required, "UTC", description)


def _money(name: str, description: str) -> Column:
    return Column(name, "decimal", False, "money", description)


def _pieces(name: str, description: str, required: bool = False) -> Column:
    return Column(name, "decimal", required, "pieces", description, scale=3)


def _number(name: str, unit: str, description: str) -> Column:
    return Column(name, "double", False, unit, description)


def _count(name: str, unit: str, description: str) -> Column:
    return Column(name, "int", False, unit, description)


def _yes_no(name: str, description: str) -> Column:
    return Column(name, "boolean", False, "yes or no", description)


def _table(name: str, description: str, *columns: Column, key: tuple[str, ...], core: bool = False) -> Table:
    return Table(name, description, columns, key, core)


_ALL = (
    _table(
        "teams",
        "Teams of the company and of its partners, each with one function.",
        _key("team_id", "the team"),
        _text("name", "name of the team"),
        _text("function", "one of the nine functions", required=True),
        _text("site_id", "site where the team works"),
        _text("parent_id", "team above this one"),
        _count("headcount", "people", "people in the team"),
        key=("team_id",),
    ),
    _table(
        "accounts",
        "Customers: a company, a household or one buyer.",
        _key("account_id", "the account"),
        _text("name", "name of the account, never of a person"),
        _text("segment", "kind of customer"),
        _text("region", "state, country or sales region"),
        _text("use_case", "what the customer uses the product for"),
        _date("since", "customer since"),
        _date("ended_at", "day the customer left"),
        _money("annual_margin", "margin a year"),
        _text("url", "page of the account in its system of record"),
        key=("account_id",),
        core=True,
    ),
    _table(
        "products",
        "Sellable configurations of products.",
        _key("product_id", "the sellable configuration"),
        _text("family", "product family"),
        _text("name", "name of the product"),
        _text("configuration", "what sets this configuration apart"),
        _text("version", "version or model year"),
        _date("available_from", "first day on sale"),
        _date("retired_at", "last day on sale"),
        _money("unit_margin", "margin a piece"),
        _text("billing_code", "code under which it is invoiced"),
        _money("list_price", "price a piece before discounts"),
        key=("product_id",),
        core=True,
    ),
    _table(
        "contacts",
        "Whom one may ask, without name or address.",
        _key("contact_id", "the contact"),
        _text("account_id", "account of the contact"),
        _yes_no("may_contact", "has agreed to be asked"),
        _time("opted_out_at", "when the contact asked not to be asked again"),
        _text("lang", "language, two letters"),
        _text("region", "state, country or sales region"),
        key=("contact_id",),
    ),
    _table(
        "deals",
        "Sales opportunities, won, lost or open.",
        _key("deal_id", "the deal"),
        _text("account_id", "account that would buy"),
        _text("team_id", "team that sells"),
        _time("created_at", "when the deal was opened"),
        _time("closed_at", "when it was won or lost"),
        _text("outcome", "won, lost, none or open"),
        _money("amount", "value of the deal"),
        _text("product_id", "configuration asked for"),
        _text("rival", "competitor named"),
        _text("loss_reason_rep", "why it was lost, says the seller"),
        _text("loss_reason_buyer", "why it was lost, says the buyer"),
        key=("deal_id",),
    ),
    _table(
        "campaigns",
        "Campaigns with their cost, audience and message.",
        _key("campaign_id", "the campaign"),
        _text("name", "name of the campaign"),
        _text("product_id", "configuration advertised"),
        _text("team_id", "team that runs it"),
        _time("starts_at", "first moment in public"),
        _time("ends_at", "last moment in public"),
        _money("committed_spend", "money already committed"),
        _date("cancel_by", "last day to cancel without cost"),
        _text("message", "what the campaign says"),
        _text("audience", "whom it addresses"),
        _text("channel", "where it runs"),
        _time("public_at", "when the message was first published"),
        key=("campaign_id",),
    ),
    _table(
        "batches",
        "Production lots.",
        _key("batch_id", "the production lot"),
        _text("product_id", "configuration made"),
        _text("site_id", "site that made it"),
        _text("line", "line or machine"),
        _time("started_at", "when production began"),
        _time("finished_at", "when production ended"),
        _pieces("planned_qty", "pieces planned"),
        _pieces("good_qty", "pieces that passed"),
        _money("unit_cost", "cost a piece"),
        _text("change_ref", "change of material, supplier or process that began with this lot"),
        key=("batch_id",),
    ),
    _table(
        "orders",
        "Orders as customers placed them.",
        _key("order_id", "the order"),
        _text("account_id", "account that ordered", references="accounts"),
        _time("ordered_at", "when the order was placed", required=True),
        _text("channel", "where it was placed"),
        _text("team_id", "team that sold it"),
        _text("deal_id", "deal it came from"),
        _text("status", "state in the system of record"),
        _text("currency", "currency of all its amounts, three letters"),
        key=("order_id",),
        core=True,
    ),
    _table(
        "order_lines",
        "One configuration of one order, with what was promised and what was done.",
        _key("line_id", "the order line"),
        _text("order_id", "order it belongs to", references="orders"),
        _text("product_id", "configuration ordered", references="products"),
        _pieces("quantity", "pieces ordered", required=True),
        _money("amount", "value of the line after discounts"),
        _time("requested_at", "when the customer wanted it"),
        _time("promised_at", "when delivery was promised"),
        _time("shipped_at", "when it left"),
        _time("delivered_at", "when it arrived"),
        _text("batch_id", "production lot it came from"),
        _text("site_id", "site or seller that shipped it"),
        key=("line_id",),
        core=True,
    ),
    _table(
        "signals",
        "What customers said or did: tickets, reviews, returns, ideas, praise.",
        _key("signal_id", "the signal"),
        _text("kind", "one of the signal kinds", required=True),
        _time("occurred_at", "when it happened", required=True),
        _text("account_id", "account it came from"),
        _text("contact_id", "contact it came from"),
        _text("line_id", "order line it is about"),
        _text("product_id", "configuration it is about"),
        _text("channel", "where it came in"),
        _text("lang", "language, two letters"),
        _number("rating", "points", "rating given"),
        _number("rating_max", "points", "best rating that could be given"),
        _text("title", "subject line"),
        _text("body", "exact words"),
        _text("reason", "reason chosen from a list"),
        _text("resolution", "how it was settled"),
        _time("first_reply_at", "when the customer first got an answer"),
        _time("resolved_at", "when it was settled"),
        _count("reopened", "times", "how often it was opened again"),
        _pieces("quantity", "pieces concerned"),
        _money("cost", "cost of settling it"),
        _text("team_id", "team that answers"),
        _text("url", "page of the signal in its system of record"),
        key=("signal_id",),
        core=True,
    ),
    _table(
        "promises",
        "What was promised to a customer or a market.",
        _key("promise_id", "the promise"),
        _text("deal_id", "deal in which it was made"),
        _text("campaign_id", "campaign in which it was made"),
        _text("launch_key", "launch it belongs to"),
        _text("product_id", "configuration it is about"),
        _text("kind", "feature, date, volume, price or service", required=True),
        _text("text", "exact words"),
        _time("due_at", "when it falls due"),
        _pieces("quantity", "pieces promised"),
        _money("price", "price promised"),
        _time("made_at", "when it was made"),
        _text("made_by_team", "team that made it"),
        _yes_no("kept", "was it kept; empty while open"),
        key=("promise_id",),
    ),
    _table(
        "touches",
        "Contacts that the company made with a customer.",
        _key("touch_id", "the touch"),
        _text("contact_id", "contact addressed"),
        _text("account_id", "account addressed"),
        _text("team_id", "team that made it"),
        _time("touched_at", "when it was made", required=True),
        _text("channel", "mail, call, visit, message"),
        _text("campaign_id", "campaign it belongs to"),
        _text("response", "what came back"),
        key=("touch_id",),
    ),
    _table(
        "capacity",
        "What a site can make a week, and how much of it is taken.",
        _key("site_id", "the site"),
        _key("family", "product family"),
        Column("week", "date", True, "date", "Monday of the week"),
        _pieces("capacity_qty", "pieces that can be made"),
        _pieces("committed_qty", "pieces already promised"),
        _number("lead_time_p50_days", "days", "lead time that half of the orders keep"),
        _number("lead_time_p80_days", "days", "lead time that four of five orders keep"),
        key=("site_id", "family", "week"),
    ),
    _table(
        "invoices",
        "Invoices with payment and dispute.",
        _key("invoice_id", "the invoice"),
        _text("order_id", "order invoiced"),
        _text("account_id", "account that pays"),
        _time("issued_at", "when it was issued"),
        _money("amount", "amount invoiced"),
        _date("due_at", "day it falls due"),
        _date("paid_at", "day it was paid"),
        _yes_no("disputed", "has the customer disputed it"),
        _text("dispute_reason", "why it was disputed"),
        _money("credited", "amount credited back"),
        key=("invoice_id",),
    ),
    _table(
        "events",
        "Steps of processes, as the systems of record logged them.",
        _key("event_id", "the event"),
        _text("activity", "what was done", required=True),
        _time("occurred_at", "when it was done", required=True),
        _text("team_id", "team that did it"),
        _text("system", "system that logged it"),
        key=("event_id",),
    ),
    _table(
        "event_objects",
        "Which orders, lines, signals or invoices an event touched.",
        _key("event_id", "the event"),
        _key("object_type", "table of the object"),
        _key("object_id", "key of the object"),
        key=("event_id", "object_type", "object_id"),
    ),
)

TABLES: dict[str, Table] = {table.name: table for table in _ALL}
