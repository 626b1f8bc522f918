"""The steps of a signal: a machine over every order of steps, and what each step does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from interlock.fabric import journal
from interlock.fabric.models import Event, Person, Role
from interlock.listen import stages
from interlock.listen.errors import StepRefused
from interlock.listen.models import Answer, AnsweredSignal, Sending, Stage
from listen.waiting import NOON, clock_of, days, hours, opened, said, source

pytestmark = pytest.mark.django_db


def answer(clock, by, at=NOON):
    """An answer that reached the customer."""
    sent = Answer.objects.create(author=by, text="Tuesday.", made_at=at, state=Sending.SENT, sent_at=at)
    AnsweredSignal.objects.create(answer=sent, signal_key=clock.signal_key)
    stages.answered(keys=[clock.signal_key], by=by, now=at, how="mail 1")
    clock.refresh_from_db()
    return sent


def test_who_looks_after_it_is_seen_and_can_let_it_go(person):
    anna, ben, lead = person("contributor", name="Anna"), person("contributor"), person("lead", "service")
    [clock] = opened(said())

    stages.acknowledge(clock=clock, by=anna, now=NOON)
    clock.refresh_from_db()
    assert (clock.owner, clock.stage, clock.acknowledged_at) == (anna, Stage.ACKNOWLEDGED, NOON)

    with pytest.raises(StepRefused, match="Only who looks after it"):
        stages.let_go(clock=clock, by=ben, now=NOON)
    stages.acknowledge(clock=clock, by=ben, now=NOON)
    stages.let_go(clock=clock, by=lead, now=NOON)
    clock.refresh_from_db()
    assert (clock.owner, clock.stage) == (None, Stage.RECEIVED)
    assert [(one.actor, one.verb, one.detail) for one in journal.entries_about(clock)] == [
        (lead, "let it go", {}),
        (ben, "looks after it", {"instead of": "Anna"}),
        (anna, "looks after it", {}),
    ]
    assert list(Event.objects.values_list("about_key", flat=True)) == [clock.signal_key] * 3


def test_nothing_is_confirmed_that_nobody_answered(person):
    [clock] = opened(said())

    with pytest.raises(StepRefused, match="Nobody has answered this customer yet"):
        stages.confirm(clock=clock, by=person("lead"), how="on the phone", now=NOON)


def test_a_thank_you_in_an_answered_talk_can_be_confirmed_without_another_answer(person):
    anna, mailbox = person("contributor"), source()
    [first] = opened(said(thread="m1", source=mailbox))
    answer(first, anna)
    [reply] = opened(said("Thanks!", thread="m1", source=mailbox, at=NOON + hours(3)), now=NOON + hours(3))

    stages.confirm(clock=reply, by=anna, how="wrote so", now=NOON + hours(4))

    reply.refresh_from_db()
    assert (reply.stage, reply.stopped_at) == (Stage.CONFIRMED, NOON + hours(4))


def test_a_no_opens_it_again_before_others(person):
    anna = person("contributor")
    [clock] = opened(said())
    answer(clock, anna)

    stages.reopen(clock=clock, by=anna, how="the brake still squeals", now=NOON + days(3))

    clock.refresh_from_db()
    assert (clock.stage, clock.urgency, clock.stopped_at) == (Stage.REOPENED, 1, None)
    assert clock.due_at == NOON + days(3) + hours(24)
    assert clock.because == "Not solved by our answer: the brake still squeals"


def test_a_repeat_failure_is_closed_by_a_lead_or_by_who_looks_after_it(person):
    anna, ben = person("contributor"), person("contributor")
    said(at=NOON - days(5))
    [clock] = opened(said())
    answer(clock, anna)
    assert (clock.urgency, clock.owner) == (1, anna)

    with pytest.raises(StepRefused, match="We failed this customer before"):
        stages.confirm(clock=clock, by=ben, how="phone", now=NOON)
    stages.confirm(clock=clock, by=anna, how="phone", now=NOON)
    assert clock_of_stage(clock) == Stage.CONFIRMED


def clock_of_stage(clock):
    clock.refresh_from_db()
    return clock.stage


@pytest.mark.parametrize("stage", [Stage.DUPLICATE, Stage.SPAM])
def test_setting_aside_is_undone_to_where_it_stood(person, stage):
    anna = person("contributor")
    [clock] = opened(said())
    stages.acknowledge(clock=clock, by=anna, now=NOON)

    stages.set_aside(clock=clock, stage=stage, by=anna, now=NOON)
    clock.refresh_from_db()
    assert (clock.stage, clock.stopped_at) == (stage, NOON)

    stages.take_up_again(clock=clock, by=anna, now=NOON)
    clock.refresh_from_db()
    assert (clock.stage, clock.stopped_at, clock.closed_at, clock.owner) == (
        Stage.ACKNOWLEDGED,
        None,
        None,
        anna,
    )


def test_silence_closes_after_14_days_unless_the_customer_wrote_again(person):
    anna, mailbox = person("contributor"), source()
    quiet, talking = said(by="a1"), said(by="a2", thread="m1", source=mailbox)
    [one, other] = opened(quiet, talking)
    answer(one, anna)
    answer(other, anna)
    opened(said("And?", by="a2", thread="m1", source=mailbox, at=NOON + days(13)), now=NOON + days(13))

    assert stages.close_silent(now=NOON + days(14) - hours(1)) == 0
    assert stages.close_silent(now=NOON + days(14)) == 1

    assert [clock_of(quiet).stage, clock_of(talking).stage] == [Stage.SILENT, Stage.ANSWERED]


def test_an_observer_moves_nothing(person):
    [clock] = opened(said())

    for act in (stages.acknowledge, stages.let_go, stages.take_up_again):
        with pytest.raises(StepRefused, match="Your role does not include"):
            act(clock=clock, by=person("observer"), now=NOON)


class AnyOrderOfSteps(RuleBasedStateMachine):
    """Whatever is asked in whatever order, a signal stands in a known stage and its clock agrees with it."""

    def __init__(self) -> None:
        super().__init__()
        self.people = [
            Person.objects.create(name=f"{role}", role=role)
            for role in (Role.LEAD, Role.CONTRIBUTOR, Role.OBSERVER)
        ]
        [self.clock] = opened(said())
        self.now = NOON
        self.sent = 0

    def try_step(self, act, who, **more) -> None:
        before = self.clock.stage
        self.now += timedelta(hours=1)
        try:
            act(clock=self.clock, by=self.people[who], now=self.now, **more)
        except StepRefused:
            self.clock.refresh_from_db()
            assert self.clock.stage == before
        else:
            assert self.people[who].role != Role.OBSERVER
            self.clock.refresh_from_db()
            undone = act is stages.take_up_again
            assert undone or self.clock.stage == before or self.clock.stage in stages.STEPS[before]

    @rule(who=st.integers(0, 2))
    def acknowledge(self, who):
        self.try_step(stages.acknowledge, who)

    @rule(who=st.integers(0, 2))
    def let_go(self, who):
        self.try_step(stages.let_go, who)

    @rule(who=st.integers(0, 2), how=st.sampled_from(["", "phone"]))
    def confirm(self, who, how):
        self.try_step(stages.confirm, who, how=how)

    @rule(who=st.integers(0, 2), how=st.sampled_from(["", "phone"]))
    def reopen(self, who, how):
        self.try_step(stages.reopen, who, how=how)

    @rule(who=st.integers(0, 2))
    def act_on_it(self, who):
        self.try_step(stages.acted, who, what="sent a part")

    @rule(who=st.integers(0, 2), stage=st.sampled_from([Stage.DUPLICATE, Stage.SPAM, Stage.CONFIRMED]))
    def set_aside(self, who, stage):
        self.try_step(stages.set_aside, who, stage=stage)

    @rule(who=st.integers(0, 2))
    def take_up_again(self, who):
        self.try_step(stages.take_up_again, who)

    @precondition(lambda self: self.clock.stage not in stages.ASIDE_STAGES)
    @rule()
    def an_answer_goes_out(self):
        self.sent += 1
        answer(self.clock, self.people[1], self.now)

    @rule()
    def silence(self):
        self.now += timedelta(days=15)
        stages.close_silent(now=self.now)
        self.clock.refresh_from_db()
        assert self.clock.stage not in {Stage.ANSWERED, Stage.ACTED}

    @invariant()
    def the_clock_runs_exactly_while_somebody_waits(self):
        clock = self.clock
        assert (clock.stopped_at is None) == (clock.stage in stages.WAITING_STAGES)
        assert (clock.closed_at is None) == (clock.stage not in stages.CLOSED_STAGES | stages.ASIDE_STAGES)
        assert clock.stage != Stage.CONFIRMED or self.sent


def test_any_order_of_steps_keeps_the_machine_whole(home):
    class InOneTransaction(AnyOrderOfSteps):
        def __init__(self) -> None:
            self.unit = transaction.atomic()
            self.unit.__enter__()
            super().__init__()

        def teardown(self) -> None:
            transaction.set_rollback(True)
            self.unit.__exit__(None, None, None)

    run_state_machine_as_test(
        InOneTransaction,
        settings=settings(
            max_examples=25, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
