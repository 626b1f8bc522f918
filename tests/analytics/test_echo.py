"""How many say nearly the same: rows, voices and customers from a level on."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from interlock.analytics.text.duplicates import Echo
from interlock.analytics.text.echo import MINILM, STUDENT, echo_from, levels_of

rows = st.lists(st.tuples(st.floats(-1, 1, width=32), st.integers(1, 4), st.integers(0, 3)), max_size=30)


@given(rows=rows, level=st.floats(0.1, 0.9))
def test_it_agrees_with_counting_by_hand(rows, level):
    likeness = np.array([row[0] for row in rows], dtype=np.float32)
    voices = np.array([row[1] for row in rows], dtype=np.int64)
    customers = np.array([row[2] for row in rows], dtype=np.int64)
    heard = [row for row in rows if np.float32(row[0]) >= level]

    found = echo_from(level, likeness, voices, customers)

    known = {row[2] for row in heard} - {0}
    assert found == Echo(len(heard), len({row[1] for row in heard}), len(known))


def test_each_encoder_has_levels_of_its_own_and_stricter_ones_are_more_often_right():
    assert levels_of("minilm-8199be6f699a") is MINILM
    assert levels_of("student-0123456789ab") is STUDENT
    for levels in (MINILM, STUDENT):
        assert levels.strict > levels.usual > levels.loose
        assert sorted(levels.right, reverse=True) == list(levels.right)
