"""An installation with the synthetic company in it, for the benchmarks that read pages.

`python installation.py HOME LINES` makes it once and leaves it alone afterwards. The rows go through the
product's own import, copying of signals and detection; two people, and a conversation on the dearest
disconnects, are added. `addresses.json` in HOME lists pages to read.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pyarrow as pa

EMAIL, PASSWORD = "reader@aldermoor.example", "a long password for reading pages"
EACH = 40  # addresses of a kind, so that a page is not only read from what an earlier reader left behind


def environment(home: Path) -> dict[str, str]:
    """The environment of that installation: nothing of the caller's own installation."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INTERLOCK_")}
    kept.pop("DATABASE_URL", None)
    return kept | {"INTERLOCK_HOME": str(home), "DJANGO_SETTINGS_MODULE": "interlock.config.settings"}


def make(home: Path, lines: int) -> None:
    """Make the installation unless it is there and whole."""
    done = home / "addresses.json"
    if done.exists() and json.loads(done.read_text())["lines"] == lines:
        return
    if home.exists():
        shutil.rmtree(home)  # begun and never finished
    home.mkdir(parents=True)
    import django  # the settings read INTERLOCK_HOME when they are imported

    django.setup()
    from interlock.cli.serving import prepare_database

    prepare_database()
    started = time.perf_counter()
    owner, colleague = _people()
    _import(lines, owner)
    print(f"  imported after {time.perf_counter() - started:.0f} s", flush=True)
    _detect(owner, colleague)
    print(f"  rules and drivers after {time.perf_counter() - started:.0f} s", flush=True)
    done.write_text(json.dumps({"lines": lines, "pages": _pages(owner)}, indent=1))


def _people():
    from interlock.fabric import invitations
    from interlock.fabric.models import Role

    now = datetime.now(UTC)
    token = invitations.first_owner_link(now=now)
    owner = invitations.accept(token=token, name="Reader", email=EMAIL, password=PASSWORD, now=now)
    token = invitations.invite(email="", role=Role.CONTRIBUTOR, functions=["production"], by=owner, now=now)
    colleague = invitations.accept(
        token=token, name="Colleague", email="colleague@aldermoor.example", password=PASSWORD, now=now
    )
    return owner, colleague


def _import(lines: int, owner: object) -> None:
    from company import company
    from interlock.connectors.records import Chunk
    from interlock.listen import intake, services

    def chunks(_mapping: object, _on_progress: object) -> Iterator[Chunk]:
        for name, table in company(lines).items():
            yield Chunk(name, _in_contract_types(name, table))

    now = datetime.now(UTC)
    source = services.name_source(name="Synthetic company", now=now)
    import_ = services.name_location(
        location="", title="Synthetic company", source=source, mapping="", files=[], by=owner, now=now
    )
    done = intake.run(import_, source=SimpleNamespace(chunks=chunks))
    if done.error:
        raise SystemExit(f"The company could not be imported: {done.error}")


def _in_contract_types(name: str, table: pa.Table) -> pa.Table:
    from interlock.store.contract import arrow_schema

    schema = arrow_schema(name)
    columns = [
        table[field.name].cast(field.type) if field.name in table.column_names
        else pa.nulls(len(table), field.type)
        for field in schema
    ]  # fmt: skip
    return pa.Table.from_arrays(columns, schema=schema)


def _detect(owner: object, colleague: object) -> None:
    from interlock.converse import services as talk
    from interlock.reconnect import services
    from interlock.reconnect.models import Disconnect

    now = datetime.now(UTC)
    services.detect_disconnects(now=now)
    for found in Disconnect.objects.order_by("-worth")[:EACH].select_related("context"):
        opened = talk.open_conversation(
            context=found.context, title=f"About {found.context.label}", by=owner, now=now,
            purpose="Find out why", question="What do we change?", functions=found.pair,
            people=[(owner, found.function_a), (colleague, found.function_b)],
        )  # fmt: skip
        for number in range(10):
            by = colleague if number % 2 else owner
            talk.say(conversation=opened, by=by, body=f"Line {number} of the talk.", now=now)


def _pages(owner: object) -> dict[str, list[str]]:
    """Addresses by the name of the page, several where the page has a key."""
    from interlock.converse.models import Conversation
    from interlock.fabric import records
    from interlock.listen.models import Signal
    from interlock.listen.selection import page_of
    from interlock.reconnect.models import Disconnect

    found = list(Disconnect.objects.order_by("-worth").select_related("context")[:EACH])
    signals = Signal.objects.order_by("-occurred_at", "-id")
    count = signals.count()
    deep = [
        page_of(Signal.objects.filter(occurred_at__lte=signals[place].occurred_at)).later
        for place in range(count // 2, count - 100, max(1, count // (2 * EACH)))
    ]
    some = list(signals[1000 : 1000 + 50 * EACH : 50])
    tables = records.current_records()

    def keys(table: str, column: str) -> list[str]:
        query = f"SELECT DISTINCT {column} FROM {table} ORDER BY md5({column}) LIMIT {EACH}"
        return tables.sql(query)[column].to_pylist()

    def contexts(kind: str, values: list[str]) -> list[str]:
        return [f"/context/?{urlencode({'kind': kind, 'key': value})}" for value in values]

    return {
        "Today": ["/"],
        "Disconnects": ["/disconnects/"],
        "Disconnects, suspected": ["/disconnects/?tab=suspected"],
        "A disconnect": [f"/disconnects/{one.pk}/" for one in found],
        "Its rows": [f"/disconnects/{one.pk}/rows/all/" for one in found],
        "Its rows, sorted": [f"/disconnects/{one.pk}/rows/hits/?sort=-order_id" for one in found],
        "Bring together": [f"/disconnects/{one.pk}/together/" for one in found],
        "What moves it": ["/drivers/"],
        "Signals": ["/signals/"],
        "Signals, a deep page": [f"/signals/?{urlencode({'after': mark})}" for mark in deep],
        "Signals, a search": [f"/signals/?{urlencode({'q': words})}" for words in ("lever", '"first ride"', "promis*")],
        "Signals, a filter": [f"/signals/?kind=complaint&region=R{number}&rating=none" for number in range(20)]
        + [f"/signals/?product=Product+{number}&answered=yes" for number in range(20)],
        "Signals of a time": ["/signals/?since=2026-05-01&until=2026-05-31", "/signals/?until=2025-06-30&rating=low"],
        "A signal": [f"/signals/{one.pk}/" for one in some],
        "Sources": ["/sources/"],
        "Conversations": ["/conversations/"],
        "A conversation": [f"/conversations/{one.pk}/" for one in Conversation.objects.all()[:EACH]],
        "Context: account": contexts("account", keys("accounts", "account_id")),
        "Context: product": contexts("product", keys("products", "product_id")),
        "Context: region": contexts("region", keys("accounts", "region")),
        "Context: order": contexts("order", keys("orders", "order_id")),
        "Context: batch": contexts("batch", keys("order_lines", "batch_id")),
        "Context: team+family": contexts("team+family", [f"T{n % 12}|F{n}" for n in range(EACH)]),
        "Search": [f"/search/?{urlencode({'q': words})}" for words in ("Team 4", "O1234", "lever", "A77")],
    }  # fmt: skip


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
