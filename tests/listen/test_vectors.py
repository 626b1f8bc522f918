"""Packed vectors are compared as if they were unpacked."""

from __future__ import annotations

import numpy as np
import pytest

from interlock.listen.themes import vectors
from interlock.listen.themes.vectors import likeness_to, packed, unit, unpacked


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 30])
def test_likeness_to_packed_rows_is_that_of_the_unpacked_ones(count, monkeypatch):
    monkeypatch.setattr(vectors, "BLOCK", 8)
    rng = np.random.default_rng(1)
    rows = packed(unit(rng.normal(size=(count, 24)).astype(np.float32)))
    asked = unit(rng.normal(size=24).astype(np.float32))

    found = likeness_to(asked, rows)

    assert found.shape == (count,)
    assert found == pytest.approx([float(unpacked([row])[0] @ asked) for row in rows], abs=1e-5)
