"""What are the cases of a group worth? Amounts of several currencies are never added."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from interlock.analytics.symptoms.cube import CURRENCY, Cube


@dataclass(frozen=True)
class Worth:
    """The cases of a group in the currency that most of its amounts are in.

    Attributes:
        currency: as the records name it; empty where they name none.
        share: of the events, how many are in this currency, 0 to 1.
        mean: amount of a case, 0.0 when no amounts are on record.
        hit_mean: amount of an event.
    """

    currency: str
    share: float
    mean: float
    hit_mean: float


def worth_of(now: Cube, cells: NDArray[np.bool_]) -> Worth:
    """Return what cases are worth in the commonest currency among the events; amounts in others are not added."""
    codes = now.codes.get(CURRENCY, np.full(now.n.size, -1, dtype=np.int64))
    events = {int(code): float(now.x[cells & (codes == code)].sum()) for code in np.unique(codes[cells])}
    main = max(events, key=lambda code: (events[code], code))
    inside = cells & (codes == main)
    n, x = float(now.n[inside].sum()), events[main]
    return Worth(
        now.levels[CURRENCY][main] if main >= 0 else "",
        x / max(float(now.x[cells].sum()), 1.0),
        float(now.amount[inside].sum()) / max(n, 1.0),
        float(now.hit_amount[inside].sum()) / max(x, 1.0),
    )
