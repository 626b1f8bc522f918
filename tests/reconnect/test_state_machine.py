"""No sequence of acts, however odd, brings a disconnect to a state whose guard was never met."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from reconnect.conftest import NOW, report, snapshot, symptom, three_rows

pytestmark = pytest.mark.long

SIDES = ("sales", "production")


class OneDisconnect(RuleBasedStateMachine):
    """Everybody does everything at any time; what was refused must have changed nothing."""

    @initialize()
    def found(self) -> None:
        from interlock.fabric.contexts import context_for
        from interlock.fabric.models import JournalHead, Person
        from interlock.reconnect.models import Disconnect

        Disconnect.objects.all().delete()
        JournalHead.objects.get_or_create(pk=1)
        self.context = context_for(kind="team", key="north", label="Shops North")
        self.people = {
            name: Person.objects.create(name=name, role="lead", functions=[name])
            for name in (*SIDES, "service")
        }
        self.people["both"] = Person.objects.create(name="both", role="owner", functions=list(SIDES))
        self.day, self.number = 0, 0
        self.detect(True, 0)
        self.one = Disconnect.objects.get()
        self.moves = 0

    def attempt(self, act, *args: object, **kwargs: object) -> None:
        from interlock.converse.errors import ConversationError
        from interlock.reconnect.errors import DisconnectError

        before = self.current().state
        refused = True
        with suppress(ConversationError, DisconnectError):
            act(*args, **kwargs)
            refused = False
        assert not refused or self.current().state == before

    def current(self):
        from interlock.reconnect.models import Disconnect

        return Disconnect.objects.select_related("conversation").get()

    @property
    def now(self):
        return NOW + timedelta(days=self.day)

    @rule(seen=st.booleans(), days=st.sampled_from([0, 1, 8, 45, 100]))
    def detect(self, seen: bool, days: int) -> None:
        from interlock.reconnect import services

        self.day, self.number = self.day + days, self.number + 1
        services.record_report(
            report=report(*([symptom()] if seen else []), until=self.now.date()),
            snapshot=snapshot(self.number),
            read_rows=three_rows,
            now=self.now,
        )

    @rule(who=st.sampled_from([*SIDES, "service", "both"]), function=st.sampled_from(SIDES))
    def acknowledge(self, who: str, function: str) -> None:
        from interlock.reconnect import services

        self.attempt(
            services.acknowledge,
            disconnect=self.current(),
            by=self.people[who],
            function=function,
            now=self.now,
        )

    @rule(who=st.sampled_from([*SIDES, "service"]), facilitated=st.booleans())
    def state_safety(self, who: str, facilitated: bool) -> None:
        from interlock.reconnect import services

        facilitator = self.people["service"] if facilitated else None
        self.attempt(
            services.state_safety,
            disconnect=self.current(),
            by=self.people[who],
            facilitator=facilitator,
            now=self.now,
        )

    @rule()
    def open_talk(self) -> None:
        from interlock.converse import services as talks
        from interlock.reconnect.models import Disconnect

        one = self.current()
        if one.conversation is None and one.state in {"detected", "suspected", "acknowledged", "recurred"}:
            talk = talks.open_conversation(
                context=self.context,
                title="Dates",
                purpose="late",
                question="Which?",
                functions=SIDES,
                people=[(self.people[name], name) for name in SIDES],
                by=self.people["service"],
                now=self.now,
            )
            Disconnect.objects.filter(pk=one.pk).update(conversation=talk)

    @rule(who=st.sampled_from([*SIDES, "service"]))
    def write(self, who: str) -> None:
        from interlock.converse import services as talks

        if talk := self.current().conversation:
            self.attempt(talks.say, conversation=talk, by=self.people[who], body="A line.", now=self.now)

    @rule(who=st.sampled_from(SIDES))
    def commit(self, who: str) -> None:
        from interlock.converse import services as talks

        if talk := self.current().conversation:
            self.attempt(
                talks.commit,
                conversation=talk,
                by=self.people[who],
                what="Change it",
                owner=self.people[who],
                due=self.now.date(),
                now=self.now,
            )

    @rule(state=st.sampled_from(["kept", "missed", "open"]))
    def settle(self, state: str) -> None:
        from interlock.converse import services as talks

        talk = self.current().conversation
        if talk and (commitment := talk.commitments.first()):
            self.attempt(
                talks.settle_commitment,
                commitment=commitment,
                by=self.people["sales"],
                state=state,
                now=self.now,
            )

    @rule(first=st.sampled_from(SIDES), also_safe=st.booleans())
    def a_good_day(self, first: str, also_safe: bool) -> None:
        """Both write, perhaps somebody says that it is safe: without this few sequences come far."""
        self.open_talk()
        for who in (first, *SIDES):
            self.write(who)
        if also_safe:
            self.state_safety("service", False)
        self.follow()

    @rule(writer=st.sampled_from(SIDES), one_for_both=st.booleans())
    def a_quiet_day(self, writer: str, one_for_both: bool) -> None:
        """All is acknowledged and safe, but only one side writes."""
        self.open_talk()
        for side in SIDES:
            self.acknowledge("both" if one_for_both else side, side)
        self.state_safety("service", False)
        self.write(writer)
        self.follow()

    @rule()
    def follow(self) -> None:
        from interlock.reconnect import services

        self.attempt(services.follow_conversation, disconnect=self.current(), now=self.now)

    @rule(reason=st.sampled_from(["wrong_data", "known", "not_us", "not_worth_it", "because"]))
    def dismiss(self, reason: str) -> None:
        from interlock.reconnect import services

        self.attempt(
            services.dismiss,
            disconnect=self.current(),
            by=self.people["sales"],
            reason=reason,
            now=self.now,
        )

    @rule()
    def undo(self) -> None:
        from interlock.reconnect import services

        self.attempt(
            services.undo_dismissal, disconnect=self.current(), by=self.people["sales"], now=self.now
        )

    @invariant()
    def every_guard_was_met(self) -> None:
        if not hasattr(self, "one"):
            return
        one = self.current()
        beyond = {
            state: number
            for number, state in enumerate(
                ["acknowledged", "safety_check", "convened", "agreed", "measuring", "resolved"]
            )
        }
        step = beyond.get(one.state, -1)
        given = {a.function: a.person_id for a in one.acknowledgements.all()}
        if step >= 0:
            assert set(given) == set(SIDES)
            assert len(set(given.values())) == 2
        if step >= 1:
            assert one.safety != "unknown"
            assert one.safety_by is not None
        if step >= 2:
            heard = set(one.conversation.messages.values_list("function", flat=True))
            assert heard >= set(SIDES)
        if step >= 3:
            assert one.conversation.commitments.exists()
        if step >= 4:
            assert one.measuring_from is not None
        if one.state == "resolved":
            assert one.missed_windows >= 2
        assert (one.state == "dismissed") == bool(one.dismissal)

    @invariant()
    def every_move_is_in_the_table_and_in_the_journal(self) -> None:
        from interlock.fabric import journal
        from interlock.reconnect.moves import ALLOWED

        if not hasattr(self, "one"):
            return
        moves = [
            (entry.detail["from"], entry.verb.removeprefix("became "))
            for entry in reversed(journal.entries_about(self.current()))
            if entry.verb.startswith("became ")
        ]
        assert all(to in ALLOWED[came_from] for came_from, to in moves)
        assert [to for _from, to in moves[:-1]] == [came_from for came_from, _to in moves[1:]]
        assert not moves or moves[-1][1] == self.current().state


class NoSequenceReachesAStatePastItsGuards(TestCase):
    """Each example runs in a transaction of its own that is rolled back."""

    @pytest.fixture(autouse=True)
    def _own_home(self, home) -> None:
        """The journal's head is kept in a fresh folder."""

    def test_every_sequence_keeps_the_guards(self) -> None:
        from django.db import transaction

        class InOneTransaction(OneDisconnect):
            def __init__(self) -> None:
                super().__init__()
                self.atomic = transaction.atomic()
                self.atomic.__enter__()

            def teardown(self) -> None:
                transaction.set_rollback(True)
                self.atomic.__exit__(None, None, None)

        run_state_machine_as_test(
            InOneTransaction,
            settings=settings(
                max_examples=20,
                stateful_step_count=12,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
