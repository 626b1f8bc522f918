"""What an import must not bring back: signals of people who were erased here."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
from django.utils.translation import gettext as _

from interlock.connectors.records import Chunk, Refusal
from interlock.fabric import forgotten


def without_erased(chunk: Chunk) -> Chunk:
    """The chunk with such signals refused. One query where nobody was ever erased."""
    if chunk.table != "signals" or not chunk.rows.num_rows or forgotten.nobody():
        return chunk
    keys = chunk.rows.column("signal_id").to_pylist()
    known = forgotten.forgotten_among({forgotten.signal(key) for key in keys})
    erased = [forgotten.signal(key) in known for key in keys]
    if not any(erased):
        return chunk
    # Which row it was says who; the count says that nothing was lost unseen.
    reason = _("Who said this was erased here, so it does not come in again.")
    refused = [Refusal("signals", 0, "signal_id", "", reason)] * sum(erased)
    rows = chunk.rows.filter(pa.array([not one for one in erased]))
    return replace(chunk, rows=rows, refusals=(*chunk.refusals, *refused))
