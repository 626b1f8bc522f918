"""Telling people of alarms by a real mail server, never twice."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from connectors.mailbox.servers import Post, running_smtp
from interlock.fabric import work
from interlock.listen.models import Alarm, Notice, NoticeState, OutcryWatch, WatchedStream
from interlock.listen.outcry import posting, telling
from listen.waiting import NOON

pytestmark = pytest.mark.django_db
KNOWN = {"customers": 143, "new_share": 0.82, "signals": 150}


@pytest.fixture
def post(db, home, settings):
    kept = Post()
    with running_smtp(kept) as port:
        settings.MAIL_SERVER = {
            "host": "127.0.0.1", "port": port, "security": "none", "user": "", "password": "",
            "sender": "interlock@aldermoor.example",
        }  # fmt: skip
        yield kept


@pytest.fixture
def desk(db):
    """One address that is told."""
    return OutcryWatch.objects.create(pk=1, mails=["desk@aldermoor.example"])


def alarm(key="P1", *, label="Panniers", state="outcry", kind="product", **more):
    place = WatchedStream.objects.count()
    stream = WatchedStream.objects.create(kind=kind, key=key, number=place, began_at=NOON, state=state)
    return Alarm.objects.create(
        **{
            "stream": stream, "label": label, "began_at": NOON, "state": state, "strength": 5, "times": 6.25,
            "known": KNOWN, **more,
        }
    )  # fmt: skip


def noted(*alarms):
    telling.note(alarms, at=NOON)
    return list(Notice.objects.order_by("pk"))


def test_people_and_further_addresses_have_one_mail_each(post, person):
    lead, gone = person("lead", "service"), person("lead", "sales")
    gone.left_at = NOON
    gone.save()
    watch = OutcryWatch.objects.create(pk=1, mails=["desk@aldermoor.example", lead.user.email])
    watch.told.set([lead, gone])

    for notice in noted(alarm()):
        telling.send(notice.pk, now=NOON)

    assert [to for to, _raw in post.kept] == [[lead.user.email], ["desk@aldermoor.example"]]
    mail = message_from_bytes(post.kept[0][1], policy=default)
    assert mail["subject"] == "Outcry: Panniers, 6.2 times the usual"
    assert mail["auto-submitted"] == "auto-generated"
    assert "143 customers in the last day" in mail.get_body(("plain",)).get_content()


def test_what_rang_together_is_one_message_the_theme_first(post, desk):
    together = [alarm("1", label="Shop", kind="source"), alarm("t", label="Late again", kind="theme")]
    fallen = alarm("P9", label="Lamps", state="fallen")

    (notice,) = noted(*together, fallen)
    telling.send(notice.pk, now=NOON)

    mail = message_from_bytes(post.kept[0][1], policy=default).get_body(("plain",)).get_content()
    titles = [part.split(",")[0].split(" (")[0] for part in "\n".join(mail.splitlines()).split("\n\n")]
    assert titles == ["Outcry: Late again", "Outcry: Shop", "Fallen silent: Lamps"]


def test_nobody_is_told_twice_of_one_change_and_again_of_the_next(post, desk):
    one = alarm(state="emerging")
    (notice,) = noted(one)
    noted(one)
    telling.send(notice.pk, now=NOON)
    telling.send(notice.pk, now=NOON)
    assert len(post.kept) == 1

    telling.note([one], at=NOON + timedelta(minutes=5))
    telling.send(Notice.objects.latest("pk").pk, now=NOON)
    assert len(post.kept) == 2


def test_what_is_over_before_it_was_told_is_not_told(post, desk):
    (notice,) = noted(alarm(ended_at=NOON))

    telling.send(notice.pk, now=NOON)

    assert (post.kept, Notice.objects.count()) == ([], 0)


def test_a_worker_that_dies_while_it_sends_leaves_a_doubtful_notice_and_nobody_is_told_twice(
    post, desk, monkeypatch
):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    (notice,) = noted(alarm())
    with monkeypatch.context() as broken:
        broken.setattr(posting, "by_mail", killed)
        with pytest.raises(KeyboardInterrupt):
            telling.send(notice.pk, now=NOON)

    telling.send(notice.pk, now=NOON)

    notice.refresh_from_db()
    assert (post.kept, notice.state) == ([], NoticeState.DOUBTFUL)
    assert "nobody knows whether it arrived" in notice.error


def test_a_mail_server_that_refuses_one_address_keeps_nobody_else_from_being_told(post):
    OutcryWatch.objects.create(pk=1, mails=["gone@aldermoor.example", "desk@aldermoor.example"])
    post.refuse_receiver = "gone@aldermoor.example|550 no such user"
    one = alarm()

    for notice in noted(one):
        if notice.to.startswith("gone"):
            with pytest.raises(work.GiveUp, match="refused the receiver's address"):
                telling.send(notice.pk, now=NOON)
        else:
            telling.send(notice.pk, now=NOON)

    one.refresh_from_db()
    assert [to for to, _raw in post.kept] == [["desk@aldermoor.example"]]
    assert one.told_at == NOON
    assert "gone@" not in one.told_error
    assert "refused" in one.told_error


def test_a_mail_server_that_breaks_off_after_the_mail_has_perhaps_sent_it(post):
    OutcryWatch.objects.create(pk=1, mails=["desk@aldermoor.example"])
    post.die_at = "dot"
    (notice,) = noted(alarm())

    telling.send(notice.pk, now=NOON)
    telling.send(notice.pk, now=NOON)

    notice.refresh_from_db()
    assert (len(post.kept), notice.state) == (1, NoticeState.DOUBTFUL)


def test_without_a_mail_server_the_alarm_says_so(db, home, settings):
    settings.MAIL_SERVER = {}
    OutcryWatch.objects.create(pk=1, mails=["desk@aldermoor.example"])
    (notice,) = noted(alarm())

    with pytest.raises(work.GiveUp, match="Mail is not set up"):
        telling.send(notice.pk, now=NOON)

    assert not posting.mail_is_set_up()
