"""Every address that names a thing refuses the wrong role although the thing is there.

`test_permissions.py` asks for things that do not exist, where a view without its guard would answer 404
as well; here each thing exists and could leak or be changed.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from reconnect.conftest import report, snapshot, symptom, three_rows
from web.policy import ALL, POLICY, PUBLIC
from web.test_permissions import ADDRESSES, ROLES

pytestmark = pytest.mark.long
GUARDED = sorted(
    name
    for name, row in POLICY.items()
    if row.roles not in (PUBLIC, ALL) and any(kind == "int" for kind in ADDRESSES[name].values())
)


@pytest.fixture
def things(person) -> dict[str, object]:
    """One of everything that an address can name, by the name of the address's parameter."""
    lead, maker = person("lead", "sales"), person("contributor", "production")
    found = _disconnect()
    talk, message, commitment = _talk(found, lead, maker)
    import_ = _import(lead)
    return {
        "person_id": maker.pk,
        "side_id": maker.customer_sides.create(account_key="shop").pk,
        "invitation_id": _invitation(lead).pk,
        "disconnect_id": found.pk,
        "selection": "all",
        "what": "pause",
        "conversation_id": talk.pk,
        "message_id": message.pk,
        "commitment_id": commitment.pk,
        "decision_id": talk.decisions.create(
            chosen="33 days", because="so", decided_by=lead, decided_at=timezone.now()
        ).pk,
        **_choice(talk, lead),
        "attempt_id": _failed_work(),
        "source_id": import_.source.pk,
        "import_id": import_.pk,
        "signal_id": _signal(import_.source).pk,
        "token_id": _token(lead).pk,
        "answer_id": _answer(lead).pk,
        "arrival_id": _arrival(import_.source, lead).pk,
        "change_id": _theme_change(lead).pk,
        "alarm_id": _alarm().pk,
        "chat_id": _chat(lead).pk,
        "round_id": _round(lead).pk,
        **_held(lead),
    }


def _invitation(lead):
    from interlock.fabric import invitations  # Django must be set up before rooms are imported

    invitations.invite(email="new@example.com", role="lead", functions=[], by=lead, now=timezone.now())
    return invitations.pending_visible_to(lead).get()


def _chat(lead):
    from interlock.fabric.models import Chat  # Django must be set up before rooms are imported

    return Chat.objects.create(
        name="CANARY", function=lead.functions[0], form="slack", made_by=lead, made_at=timezone.now()
    )


def _choice(talk, lead) -> dict[str, int]:
    """A choice among staff, with an option that somebody objects to and evidence for it."""
    now = timezone.now()
    choice = talk.choices.create(question="CANARY", asked_by=lead, asked_at=now)
    option = choice.options.create(words="CANARY", brought_by=lead, brought_at=now)
    return {
        "choice_id": choice.pk,
        "option_id": option.pk,
        "stance_id": option.stances.create(person=lead, consents=False, reason="CANARY", at=now).pk,
        "ground_id": option.grounds.create(note="CANARY", added_by=lead, added_at=now).pk,
    }


def _held(lead) -> dict[str, int]:
    """A board that is not open, a post and a reply on it that wait to be let through, and what moderators did."""
    from interlock.converse.models import (  # see below
        Board,
        Bringing,
        Case,
        Merge,
        Post,
        Reply,
        Split,
        Status,
        Sweep,
    )

    now = timezone.now()
    board = Board.objects.create(key="heron", name="Heron Cargo", made_at=now)
    held = {"words": "CANARY", "author_name": "Ana S.", "said_at": now, "standing": "held"}
    status = Status.objects.get(key="open")
    post = Post.objects.create(board=board, kind="ask", title="CANARY", status=status, changed_at=now, **held)
    reply = Reply.objects.create(post=post, **held)
    act = {"by": lead, "at": now}
    return {
        "board_id": board.pk,
        "bringing_id": Bringing.objects.create(
            source="CANARY", system="csv", board=board, kind="idea", by=lead, made_at=now
        ).pk,
        "post_id": post.pk,
        "reply_id": reply.pk,
        "case_id": Case.objects.create(post=post, about="held", opened_at=now).pk,
        "merge_id": Merge.objects.create(post=post, into=post, **act).pk,
        "split_id": Split.objects.create(reply=reply, post=post, **act).pk,
        "sweep_id": Sweep.objects.create(person=lead, because="it sells", **act).pk,
    }


def _failed_work() -> int:
    from interlock.fabric.models import Attempt  # Django must be set up before rooms are imported

    return Attempt.objects.create(
        task_id=uuid4(), path="interlock.listen.tasks.copy_signals", made_at=timezone.now(), given_up=True
    ).pk


def _disconnect():
    from interlock.reconnect import services  # Django must be set up before rooms are imported
    from interlock.reconnect.models import Disconnect

    services.record_report(
        report=report(symptom()), snapshot=snapshot(1), read_rows=three_rows, now=timezone.now()
    )
    return Disconnect.objects.get()


def _talk(found, lead, maker):
    from interlock.converse import services  # see above
    from interlock.fabric.models import Evidence

    now = timezone.now()
    talk = services.open_conversation(
        context=found.context,
        title="Dates",
        by=lead,
        people=[(lead, "sales"), (maker, "production")],
        now=now,
    )
    talk.evidence = Evidence.objects.create(
        context=found.context,
        title="Rows",
        query=found.row_query,
        versions={},
        columns=[],
        row_count=0,
        sha256="",
        taken_at=now,
        taken_by=lead,
    )
    talk.save()
    message = services.say(conversation=talk, by=lead, body="Which date holds?", now=now)
    due = now.date() + timedelta(days=7)
    return (
        talk,
        message,
        services.commit(conversation=talk, by=lead, what="Ask", owner=maker, due=due, now=now),
    )


def _import(lead):
    from interlock.listen import services, uploads  # see above

    now = timezone.now()
    import_ = services.name_location(
        location="/exports",
        title="exports",
        source=services.name_source(name="shop", now=now),
        mapping="",
        files=[],
        by=lead,
        now=now,
    )
    uploads.folder_of(import_)
    uploads.refused_path(import_).write_text("file,row,table,column,value,reason\r\n")
    return import_


def _token(lead):
    from interlock.fabric import tokens  # see above

    return tokens.make_token(name="shop", scopes=["signals:read"], by=lead, now=timezone.now())[0]


def _signal(source):
    from interlock.listen.models import Signal  # see above

    return Signal.objects.create(
        key="s1", source=source, kind="review", occurred_at=timezone.now(), body="late", copy_hash=1
    )


def _answer(lead):
    from interlock.listen.models import Answer, AnsweredSignal  # see above

    answer = Answer.objects.create(author=lead, text="Tuesday.", made_at=timezone.now(), state="by_hand")
    AnsweredSignal.objects.create(answer=answer, signal_key="s1")
    return answer


def _arrival(source, lead):
    from interlock.listen.models import Arrival  # see above

    return Arrival.objects.create(source=source, opened_at=timezone.now(), by=lead)


def _alarm():
    from interlock.listen.models import Alarm, WatchedStream  # see above

    now = timezone.now()
    stream = WatchedStream.objects.create(kind="product", key="P1", number=0, began_at=now, state="emerging")
    return Alarm.objects.create(
        stream=stream, label="Panniers", began_at=now, state="emerging", strength=3, times=4
    )


def _theme_change(lead):
    from interlock.listen.models import Theme  # see above
    from interlock.listen.themes import editing

    now = timezone.now()
    theme = Theme.objects.create(key="theme-1", name="fee", began_at=now, found_at=now)
    return editing.rename(theme=theme, name="The fee", by=lead, now=now)


def _round(lead):
    from interlock.listen.models import AnswerRound, Theme  # see above

    now = timezone.now()
    theme = Theme.objects.create(key="theme-2", name="bell", began_at=now, found_at=now)
    return AnswerRound.objects.create(
        reference=uuid4(), theme=theme, by=lead, text="Soon.", made_at=now, sends_at=now, recipients=[["t1"]]
    )


def test_every_parameter_of_a_guarded_address_has_its_thing(things):
    assert {name for address in GUARDED for name in ADDRESSES[address]} <= set(things)


@pytest.mark.parametrize("role", ROLES)
def test_what_is_there_is_refused_to_the_wrong_role(signed_in, things, role):
    browser = signed_in(role, "legal")

    let_in = []
    for name in GUARDED:
        url = reverse(name, kwargs={key: things[key] for key in ADDRESSES[name]})
        for method, roles in POLICY[name].by_method():
            if role not in roles:
                answer = browser.generic(method.upper(), url)
                if answer.status_code not in {403, 404}:
                    let_in.append((method, name, answer.status_code))

    assert let_in == []


@pytest.mark.parametrize(
    "name", ["reconnect:disconnect", "listen:signal", "listen:import", "web:change_person"]
)
def test_the_things_are_really_there(signed_in, things, name):
    """The control: whoever may is let in, so a refusal above is no missing thing."""
    url = reverse(name, kwargs={key: things[key] for key in ADDRESSES[name]})

    assert signed_in("owner").get(url).status_code == 200
