"""What a run of the rules does to disconnects, and what it leaves alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pyarrow as pa
import pytest

from interlock.analytics.finding import Money
from reconnect.conftest import NOW, symptom

pytestmark = pytest.mark.django_db


def test_harm_without_talk_is_detected_and_kept_with_all_that_stands_behind_it(detect):
    from interlock.fabric import journal
    from interlock.reconnect.models import Disconnect

    detection = detect(symptom())

    found = Disconnect.objects.get()
    assert (found.state, found.rule, found.pair) == ("detected", "R01", ("sales", "production"))
    assert (found.context.kind, found.context.key, found.context.label) == ("team", "north", "Shops North")
    assert (found.x, found.n, found.probability) == (71, 208, 0.97)
    assert (found.money_low, found.money_mid, found.money_high) == (18_100_000, 31_200_000, 47_400_000)
    assert found.worth == round(31_200_000 * 0.97)
    assert found.sample == {
        "columns": ["order_id", "days_late", "hit"],
        "rows": [["A-1", 17, 1], ["A-2", 16, 1]],
        "all": 3,
        "hits": 2,
    }
    assert found.snapshot_number == detection.snapshot_number
    assert [entry.verb for entry in journal.entries_about(found)] == ["became detected", "found"]
    assert journal.verify().sound


def test_taking_the_same_report_in_twice_changes_nothing(detect):
    from interlock.fabric.models import JournalEntry
    from interlock.reconnect.models import Disconnect

    detect(symptom(), symptom("east"))
    before = list(Disconnect.objects.order_by("pk").values("pk", "state", "state_since", "x", "n"))
    entries = JournalEntry.objects.count()

    detect(symptom(), symptom("east"), now=NOW + timedelta(hours=1))

    assert list(Disconnect.objects.order_by("pk").values("pk", "state", "state_since", "x", "n")) == before
    assert JournalEntry.objects.count() == entries


@pytest.mark.parametrize(
    "weak", [{"tier": "watch"}, {"tier": "suspected"}, {"probability": 0.79}], ids=["watch", "thin", "unsure"]
)
def test_a_symptom_that_is_not_sure_stays_suspected(detect, weak):
    from interlock.reconnect.models import Disconnect

    detect(symptom(**weak))

    assert Disconnect.objects.get().state == "suspected"


def test_a_pair_that_already_talks_about_it_is_left_in_peace(detect, person):
    from interlock.converse import services as talks
    from interlock.fabric.contexts import context_for
    from interlock.reconnect.models import Disconnect

    sales, production = person("lead", "sales"), person("lead", "production")
    context = context_for(kind="team", key="north", label="Shops North")
    talk = talks.open_conversation(context=context, title="Dates", by=sales, now=NOW)
    talks.say(conversation=talk, by=sales, body="What do you need?", now=NOW)
    talks.say(conversation=talk, by=production, body="33 days.", now=NOW)

    detect(symptom(), now=NOW + timedelta(days=1))
    talking = Disconnect.objects.get().state
    detect(symptom(), now=NOW + timedelta(days=40))

    assert talking == "suspected"
    assert Disconnect.objects.get().state == "detected"


def test_it_fades_only_after_two_windows_without_it(detect):
    from interlock.reconnect.models import Disconnect

    day = date(2026, 11, 18)
    detect(symptom(), until=day)
    states = []
    for later in (1, 3, 8):
        detect(symptom("other"), until=day + timedelta(days=later))
        states.append(Disconnect.objects.get(context__key="north").state)

    assert states == ["detected", "detected", "faded"]


def test_what_faded_and_is_back_is_detected_again(detect):
    from interlock.reconnect.models import Disconnect

    day = date(2026, 11, 18)
    detect(symptom(), until=day)
    detect(until=day + timedelta(days=7))
    detect(until=day + timedelta(days=14))
    faded = Disconnect.objects.get().state

    detect(symptom(), until=day + timedelta(days=21))

    assert (faded, Disconnect.objects.get().state) == ("faded", "detected")


def test_a_rule_that_could_not_run_lets_nothing_fade(detect):
    from interlock.reconnect.models import Disconnect

    detect(symptom(rule="R03"))
    for later in (7, 14, 21):
        detect(until=date(2026, 11, 18) + timedelta(days=later))

    assert (Disconnect.objects.get().state, Disconnect.objects.get().missed_windows) == ("detected", 0)


def test_a_disconnect_whose_rows_were_taken_out_is_hidden_and_comes_back_with_them(detect, person):
    from interlock.reconnect import queries
    from interlock.reconnect.models import Disconnect

    reader = person("owner")
    detect(symptom())
    detect(read_rows=lambda _query: pa.table({}))
    hidden = list(queries.open_disconnects(reader))

    detect(symptom())

    assert hidden == []
    assert list(queries.open_disconnects(reader)) == [Disconnect.objects.get()]


def test_an_amount_that_was_refused_is_kept_as_a_reason_not_as_nothing(detect):
    from interlock.reconnect import findings
    from interlock.reconnect.models import Disconnect

    detect(symptom(money=None, money_refusal="Fewer than 100 orders on one side."))

    found = Disconnect.objects.get()
    assert findings.money_of(found) is None
    assert (found.money_refusal, found.worth) == ("Fewer than 100 orders on one side.", 0)


def test_the_dearest_and_surest_comes_first(detect, person):
    from interlock.reconnect import queries

    dear = Money("EUR", 1, 50_000_000, 60_000_000, (), "")
    sure = Money("EUR", 1, 40_000_000, 60_000_000, (), "")
    detect(
        symptom("a", money=dear, probability=0.80),
        symptom("b", money=None, money_refusal="-"),
        symptom("c", money=sure, probability=0.999),
        symptom("d", money=replace(dear, mid=39_000_000), probability=0.9),
    )

    ordered = [one.context.key for one in queries.open_disconnects(person("owner"))]

    assert ordered == ["a", "c", "d", "b"]


def test_a_measured_loss_comes_before_larger_value_that_merely_stands_on_the_cases(detect, person):
    from interlock.reconnect import queries

    exposed = Money("EUR", 90_000_000, 95_000_000, 99_000_000, (), "Value on the cases.", basis="exposed")
    detect(
        symptom("refused", money=None, money_refusal="Not yet known."),
        symptom("exposed", money=exposed),
        symptom("lost"),
    )

    ordered = queries.open_disconnects(person("owner"))

    assert [one.context.key for one in ordered] == ["lost", "exposed", "refused"]


def test_customers_and_partners_see_no_disconnect(detect, person):
    from interlock.reconnect import queries

    detect(symptom())

    seen = {
        role: queries.disconnects_visible_to(person(role)).count()
        for role in ("owner", "lead", "contributor", "observer", "partner", "customer")
    }

    assert seen == {"owner": 1, "lead": 1, "contributor": 1, "observer": 1, "partner": 0, "customer": 0}
