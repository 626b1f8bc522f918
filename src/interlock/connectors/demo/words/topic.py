"""What is a topic: whom it concerns, how often it is told in which kind of signal, and in which sentences?"""

from dataclasses import dataclass, field

BIKES = (0, 1, 2, 3)
ALL = (0, 1, 2, 3, 4)


@dataclass(frozen=True)
class Topic:
    """One thing customers speak about.

    Attributes:
        families: places in `company.FAMILIES` it can be about.
        weight: how often among ordinary incidents, by kind of signal.
        titles: subject lines.
        says: sentences that tell it; anyone may say them.
        shop: sentences only a dealer says; used for shops when there are any.
        fleet: the same for fleets.
        more: what else was noticed.
        so: what it led to.
        reason: the code a clerk notes for a return.
    """

    key: str
    families: tuple[int, ...]
    titles: tuple[str, ...]
    says: tuple[str, ...]
    more: tuple[str, ...] = ()
    so: tuple[str, ...] = ()
    shop: tuple[str, ...] = ()
    fleet: tuple[str, ...] = ()
    weight: dict[str, float] = field(default_factory=dict)
    reason: str = "defective"
