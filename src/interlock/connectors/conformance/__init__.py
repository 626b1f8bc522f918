"""Does a connector keep its promises? One suite for every live connector, ours and other packages'.

    from interlock.connectors.conformance import Answer, Case, Conformance

    class TestAcmeDesk(Conformance):
        def case(self) -> Case:
            return Case(connector, answers, origins=("https://api.acme.example",), api=play_acme, expected=...)

pytest then runs every check of the suite as a test of its own; `broken_promises(case)` does the same without pytest.
"""

from .case import Case, Key, Reply
from .entry import Conformance
from .playing import Answer, Api, Asked, Played, played
from .stage import Broken
from .suite import broken_promises, checks_of

__all__ = [
    "Answer",
    "Api",
    "Asked",
    "Broken",
    "Case",
    "Conformance",
    "Key",
    "Played",
    "Reply",
    "broken_promises",
    "checks_of",
    "played",
]
