"""The data contract as people read it: `docs/contract.md`, written from the tables.

Renew it with `python -m interlock.store.contract_page > docs/contract.md`; a test fails while they differ.
"""

from interlock.store.contract import TABLES, Column, Table

_PREFACE = """\
# The data contract

Sixteen tables, as CSV, TSV, XLSX, JSONL, Parquet or SQL views; five of them (marked *core*) are enough to
begin. No column beyond the required ones must be there: a missing one switches the rules that need it off,
with a plain reason. Extra columns are ignored.

- Keys are text and unique per source; a prefix such as `sf:` or `zd:` keeps sources apart.
- Times are UTC with microseconds, dates are calendar days.
- Money is decimal with two places, in the currency of the order (`orders.currency`);
  pieces have three places.
- Contacts carry neither name nor address.

The same as SQL: [`src/interlock/store/contract.sql`](../src/interlock/store/contract.sql).
"""


def contract_page() -> str:
    """Return the whole page as Markdown."""
    return "\n".join([_PREFACE, *(_table_section(table) for table in TABLES.values())])


def _table_section(table: Table) -> str:
    title = f"## {table.name}" + (" (core)" if table.core else "")
    lines = [title, table.description, "", "| column | type | unit | what it says |", "|---|---|---|---|"]
    lines += [_column_row(table, column) for column in table.columns]
    return "\n".join([*lines, ""])


def _column_row(table: Table, column: Column) -> str:
    marks = [mark for mark, applies in _marks(table, column).items() if applies]
    description = column.description + (f" ({', '.join(marks)})" if marks else "")
    return f"| `{column.name}` | {column.type} | {column.unit} | {description} |"


def _marks(table: Table, column: Column) -> dict[str, bool]:
    is_key = column.name in table.key
    return {
        "key": is_key,
        "required": column.required and not is_key,
        f"key of `{column.references}`": bool(column.references),
    }


if __name__ == "__main__":
    print(contract_page(), end="")  # noqa: T201 - this module's one purpose as a script
