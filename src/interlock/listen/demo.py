"""The demo company as a source like any other, so that it is imported, shown and removed by the same code."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from interlock.connectors.demo import aldermoor
from interlock.connectors.mapping.model import Mapping
from interlock.connectors.protocol import OnProgress, Progress
from interlock.connectors.records import Chunk

SEED = 1
ORDERS = 50_000


class DemoSource:
    """Makes the demo's tables and hands them over as chunks. The same number of orders gives the same rows."""

    label = "Aldermoor"

    def __init__(self, orders: int = ORDERS) -> None:
        self.orders = orders or ORDERS

    def chunks(self, mapping: Mapping | None, on_progress: OnProgress | None = None) -> Iterator[Chunk]:
        if on_progress:
            on_progress(Progress(_("Inventing a company"), 0, self.orders))
        tables = aldermoor(seed=SEED, orders=self.orders)
        for table, rows in tables.items():
            yield Chunk(table, rows)
            if on_progress:
                on_progress(Progress(_("Inventing a company"), self.orders, self.orders))
