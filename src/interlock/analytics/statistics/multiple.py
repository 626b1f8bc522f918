"""How many of many tests may be believed?

Source: Benjamini, Hochberg, JRSS B 57 (1995).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FALSE_SHARE = 0.10  # one in ten of those on watch may be false


def q_values(p_values: Floats) -> Floats:
    """Return Benjamini-Hochberg q-values.

    Args:
        p_values: shape (t,), 0 to 1; every test made must be in it, also the dull ones.

    Returns:
        Shape (t,), 0 to 1, in the order given; empty for no tests.
    """
    count = p_values.size
    if count == 0:
        return np.empty(0)
    order = np.argsort(p_values, kind="stable")
    stepped = p_values[order] * count / np.arange(1, count + 1)
    result = np.empty(count)
    result[order] = np.minimum.accumulate(stepped[::-1])[::-1]
    return np.minimum(result, 1.0)
