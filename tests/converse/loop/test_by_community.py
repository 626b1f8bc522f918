"""Who spoke in the community is told by mail, once they have shown that the address is theirs."""

from __future__ import annotations

import email
import re
from email import policy

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse

from connectors.mailbox.servers import Post as Box
from connectors.mailbox.servers import running_smtp
from converse.community.test_code_mail import office
from converse.loop.conftest import DAY, NOW
from converse.loop.test_closing import LATER, planned, tell
from interlock.connectors.live import Reach
from interlock.converse.loop import closing
from interlock.converse.models import Board, Post, Status, ToldPerson
from interlock.converse.moderation import erasing
from interlock.fabric import no_mail
from interlock.fabric.models import Person, User
from interlock.listen.answers import channels, sending
from interlock.listen.models import Answer, ReplyRoute
from listen.waiting import source

pytestmark = pytest.mark.django_db


@pytest.fixture
def speaks(hinge, settings):
    """Somebody asks in the community about the hinge, before it was decided."""
    settings.MAIL_SERVER = office(25)
    board = Board.objects.create(key="riders", name="Riders", made_at=NOW)
    community, status = source("community", name="Community"), Status.objects.get(key="open")

    def say(name, *, verified=True, **more):
        user = User.objects.create_user(f"{name}@example.com")
        EmailAddress.objects.create(user=user, email=user.email, verified=verified, primary=True)
        person = Person.objects.create(user=user, name=name, role="customer", **more)
        signal = hinge.says(
            f"Opened, says {name}.", f"community:{person.pk}", NOW - 4 * DAY, source=community, thread=""
        )
        Post.objects.create(
            board=board, kind="problem", title="The hinge", words=signal.body, status=status, author=person,
            author_name=name, said_at=NOW - 4 * DAY, changed_at=NOW, signal_key=signal.key,
        )  # fmt: skip
        return signal

    return say


def of_community(hinge):
    return [one for one in planned(hinge).people if one.channel.source.kind == "community"]


def deliver(now):
    """Let everything that is due leave, by the product's own connectors."""
    outside = sending.Outside(
        channels.connectors(), lambda source: {}, Reach(None, lambda: now, lambda seconds: None)
    )
    for answer in Answer.objects.order_by("pk"):
        sending.deliver(answer_id=answer.pk, outside=outside)


def test_they_are_told_by_mail_with_links_that_count(hinge, speaks, settings, client):
    marta = speaks("marta")
    (planned_one,) = of_community(hinge)
    assert (planned_one.signal, planned_one.channel.address) == (marta, "marta@example.com")
    assert ReplyRoute.objects.filter(signal_key=marta.key).count() == 0
    box = Box()
    with running_smtp(box, auth_require_tls=False) as port:
        settings.MAIL_SERVER = office(port)
        tell(hinge, marta)
        deliver(LATER)
        deliver(LATER + DAY)

    ((receivers, raw),) = box.kept
    mail = email.message_from_bytes(raw, policy=policy.default)
    text = mail.get_body(("plain",)).get_content()
    assert receivers == ["marta@example.com"]
    assert mail["From"].addresses[0].display_name == "Lena Fuchs"
    assert text.startswith("A second latch, free.")
    link = re.search(r"http://\S+(/told/\S+)\?say=no", text)[1]
    told = ToldPerson.objects.get()
    assert link == reverse("loop:answer", args=[told.key])
    assert client.get(link).status_code == 200
    assert of_community(hinge) == []


@pytest.mark.parametrize(
    "change",
    [
        lambda one: EmailAddress.objects.update(verified=False),
        lambda one: User.objects.filter(email="marta@example.com").update(is_active=False),
        lambda one: Person.objects.filter(name="marta").update(left_at=NOW),
        lambda one: no_mail.stop(address="marta@example.com", now=NOW),
    ],
    ids=["unproven", "locked", "gone", "wants none"],
)
def test_nobody_else_is_written_to(hinge, speaks, change):
    speaks("marta")
    assert len(of_community(hinge)) == 1

    change(None)

    assert of_community(hinge) == []


def test_without_a_mail_server_nobody_is_promised_a_letter(hinge, speaks, settings):
    speaks("marta")
    before = planned(hinge).without_way

    settings.MAIL_SERVER = {}

    assert (of_community(hinge), planned(hinge).without_way) == ([], before + 1)


def test_a_single_answer_still_goes_to_the_page_where_all_read_it(hinge, speaks):
    marta = speaks("marta")
    tell(hinge, marta)

    assert ReplyRoute.objects.get(signal_key=marta.key).address == "marta@example.com"
    one = channels.channel_of(marta)
    assert (one.can_send, one.has_way, one.address) == (False, False, "")
    assert channels.channel_of(marta, letters=True).can_send


def test_the_address_of_the_moment_is_used_in_ten_queries(hinge, speaks, django_assert_num_queries):
    for name in ("marta", "jonas", "ada"):
        speaks(name)
    User.objects.filter(email="marta@example.com").update(email="hagen@example.com")
    course = closing.course_of(hinge.theme)

    with django_assert_num_queries(10):
        found = closing.plan(course).people

    assert sorted(one.channel.address for one in found if one.channel.address) == [
        "ada@example.com", "hagen@example.com", "jonas@example.com",
    ]  # fmt: skip


def test_whoever_is_erased_leaves_no_address_behind(hinge, speaks):
    marta = speaks("marta")
    tell(hinge, marta)

    erasing.erase(person=Person.objects.get(name="marta"), now=LATER)
    deliver(LATER + DAY)

    assert not ReplyRoute.objects.filter(address__icontains="marta").exists()
    assert not Answer.objects.filter(state="sent").exists()


def test_a_letter_that_waits_does_not_leave_once_its_reader_wants_no_mail(hinge, speaks, settings):
    marta = speaks("marta")
    box = Box()
    with running_smtp(box, auth_require_tls=False) as port:
        settings.MAIL_SERVER = office(port)
        tell(hinge, marta)
        no_mail.stop(address="marta@example.com", now=LATER)
        deliver(LATER)

    assert box.kept == []
    (answer,) = Answer.objects.filter(signals__signal_key=marta.key)
    assert (answer.state, answer.error) == (
        "failed", "Whoever reads mail there wants none from here any more.",
    )  # fmt: skip
