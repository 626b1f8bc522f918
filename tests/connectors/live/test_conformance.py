"""The suite itself: content with a good connector, and each planted fault is found by the check made for it."""

from __future__ import annotations

import pytest

from interlock.connectors.conformance import Case, Conformance, broken_promises
from interlock.connectors.conformance.suite import checks_of

from . import ledger

FAULTS = {
    ledger.SkipsAPage: "reads everything, once",
    ledger.LosesTheCursor: "goes on after a kill at any page",
    ledger.RunsAheadOfItsCursor: "goes on after a kill at any page",
    ledger.Doubles: "reads everything, once",
    ledger.LeaksItsToken: "names refused credentials",
    ledger.SwallowsFaults: "waits as long as it is told",
    ledger.TakesBrokenAnswersAsEmpty: "survives half an answer",
    ledger.LocalTimes: "rows keep the contract",
    ledger.ForgetsItsPrefix: "rows keep the contract",
    ledger.TrustsEveryField: "survives fields of another kind",
    ledger.AsksForTheSameAgain: "reads everything, once",
    ledger.NeedsTheMood: "does without optional fields",
    ledger.KnowsNoPatience: "ends when it is told",
    ledger.SendsAgain: "knows when nobody can know",
    ledger.FindsNothing: "a search that fails is no no",
    ledger.ForgetsItsKey: "keeps what is renewed",
    ledger.KeepsItsOldKey: "keeps what is renewed",
}


class TestLedger(Conformance):
    def case(self) -> Case:
        return ledger.case(ledger.Ledger())


def test_a_good_connector_breaks_no_promise():
    assert broken_promises(ledger.case(ledger.Ledger())) == {}


@pytest.mark.parametrize("connector", FAULTS, ids=lambda connector: connector.__name__)
def test_a_planted_fault_is_found(connector):
    case = ledger.case(connector())

    with pytest.raises(Exception) as caught:
        checks_of(case)[FAULTS[connector]](case)

    # Broken, or the fault itself: either way the check failed.
    assert ledger.TOKEN not in str(caught.value)


def test_a_connector_that_keeps_its_renewed_key_passes():
    case = ledger.case(ledger.Renewing())

    checks_of(case)["keeps what is renewed"](case)


def test_a_connector_that_leaves_the_named_addresses_is_found():
    case = ledger.case(ledger.Ledger())
    elsewhere = Case(**{**case.__dict__, "origins": ("https://another.example.com",)})

    assert "reads everything, once" in broken_promises(elsewhere)
