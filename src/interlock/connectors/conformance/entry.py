"""The suite as a test class: pytest finds one test for each promise in every class that names its case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .answering import ANSWERING_CHECKS
from .case import Case
from .suite import CHECKS, checks_of


class Conformance:
    """Subclass it in a test module, name the class `Test...`, and return the connector's case."""

    def case(self) -> Case:
        raise NotImplementedError("Return the case of your connector.")

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        for name in CHECKS | ANSWERING_CHECKS:
            words = "".join(sign if sign.isalnum() else "_" for sign in name)
            setattr(cls, f"test_{words}", _test(name))


def _test(name: str) -> Callable[[Conformance], None]:
    def test(self: Conformance) -> None:
        case = self.case()
        check = checks_of(case).get(name)
        if check:
            check(case)

    test.__doc__ = f"The connector {name}."
    return test
