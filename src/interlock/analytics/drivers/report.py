"""What moves the outcomes, what does not, and what cannot be said: the drivers for people and machines."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from math import isfinite
from typing import Any

from interlock.analytics.drivers.attribution import LatenessSplit
from interlock.analytics.drivers.factors import Missing
from interlock.analytics.drivers.outcomes import OutcomeOff
from interlock.analytics.drivers.sentences import driver_sentence
from interlock.analytics.finding import GroupRate, Sentence

DRIVER, NO_DIFFERENCE, TOO_FEW = "driver", "no difference found", "too few to say"


@dataclass(frozen=True)
class Driver:
    """One factor at one level, against the other levels, for one outcome in one population.

    Rates and shares are 0-1; differences are shares too (0.1 = 10 more in 100). Intervals are 95 %,
    robust to several orders of one account. Fields that need a model are None under "too few to say".
    """

    outcome: str
    factor: str
    population: str
    n_with: int
    n_without: int
    x_with: int
    x_without: int
    rate_with: float | None
    rate_without: float | None
    risk_ratio: float | None
    risk_ratio_low: float | None
    risk_ratio_high: float | None
    adjusted_difference: float | None
    adjusted_low: float | None
    adjusted_high: float | None
    adjusted_ratio: float | None
    adjusted_ratio_low: float | None
    adjusted_ratio_high: float | None
    share_of_outcome: float | None
    share_low: float | None
    share_high: float | None
    outcomes_on_factor: float | None  # share of all bad outcomes that stand on such orders, cause or not
    e_value: float | None
    e_value_low: float | None  # of the interval's end nearer to no effect
    p_value: float | None
    q_value: float | None
    verdict: str
    dose: tuple[GroupRate, ...]
    functions: tuple[str, ...]

    @property
    def sentence(self) -> Sentence | None:
        """The driver in words; None where one side has no orders."""
        if self.rate_with is None or self.rate_without is None:
            return None
        return driver_sentence(self.outcome, self.factor, self.rate_with, self.rate_without)

    @property
    def strength(self) -> float:
        """The difference we can stand behind: the end of the adjusted interval nearer to 0."""
        if self.adjusted_low is None or self.adjusted_high is None:
            return 0.0
        return max(0.0, self.adjusted_low, -self.adjusted_high)

    @property
    def ratio_differs(self) -> bool:
        """Whether the interval of the adjusted ratio leaves out 1."""
        if self.adjusted_ratio_low is None or self.adjusted_ratio_high is None:
            return False
        return self.adjusted_ratio_low > 1 or self.adjusted_ratio_high < 1


@dataclass(frozen=True)
class DriverReport:
    """Everything tested, strongest first; `drivers` alone are claimed.

    `within` compares orders of one driver among themselves (very late against late). `failures` are orders
    never fulfilled; they are no driver among fulfilled orders and are ranked apart.
    """

    drivers: tuple[Driver, ...]
    within: tuple[Driver, ...]
    none_found: tuple[Driver, ...]
    too_few: tuple[Driver, ...]
    failures: tuple[Driver, ...]
    splits: tuple[LatenessSplit, ...]
    off: tuple[OutcomeOff, ...]
    factors_off: tuple[Missing, ...]
    as_of: datetime

    @property
    def tested(self) -> Sequence[Driver]:
        """All comparisons that had enough orders."""
        return (*self.drivers, *self.within, *self.none_found, *self.failures)


def driver_report_json(report: DriverReport) -> dict[str, Any]:
    """Return the report as plain JSON values; every list keeps its order.

    Numbers keep 9 digits: engines add in their own order, and the last digits would differ from run to run.
    """
    found = {
        "as_of": report.as_of.isoformat(),
        "drivers": [_driver_json(driver) for driver in report.drivers],
        "within": [_driver_json(driver) for driver in report.within],
        "no_difference_found": [_driver_json(driver) for driver in report.none_found],
        "too_few_to_say": [_driver_json(driver) for driver in report.too_few],
        "failures": [_driver_json(driver) for driver in report.failures],
        "splits": [{**asdict(split), "functions": list(split.functions)} for split in report.splits],
        "off": [asdict(off) for off in report.off],
        "factors_off": [asdict(off) for off in report.factors_off],
    }
    plain: dict[str, Any] = _plain(found)
    return plain


def plain_driver(driver: Driver) -> dict[str, Any]:
    """Return one driver as plain JSON values, its numbers with 9 digits."""
    plain: dict[str, Any] = _plain(_driver_json(driver))
    return plain


def _driver_json(driver: Driver) -> dict[str, Any]:
    return {**asdict(driver), "sentence": str(driver.sentence or "")}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return float(f"{value:.9g}") if isfinite(value) else None
    return value
