"""Telling people of alarms: by a real mail server and a chat that misbehaves, never twice, and never the secret."""

from __future__ import annotations

import threading
from datetime import timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from connectors.mailbox.servers import Post, running_smtp
from interlock.connectors.live import NotSent
from interlock.fabric import work
from interlock.fabric.secrets import sealed
from interlock.listen.models import Alarm, Notice, NoticeState, OutcryWatch, WatchedStream
from interlock.listen.outcry import posting, setting, telling
from listen.waiting import NOON
from listen.web_hook import running_chat

pytestmark = pytest.mark.django_db
KNOWN = {"customers": 143, "new_share": 0.82, "signals": 150}


@pytest.fixture
def chat(db, home, settings):
    with running_chat() as server:
        settings.PRIVATE_HOSTS = frozenset({f"localhost:{server.port}"})
        settings.PAGES_URL = "https://interlock.example.com/"
        OutcryWatch.objects.create(pk=1, webhook=sealed(server.address))
        yield server


@pytest.fixture
def post(db, home, settings):
    kept = Post()
    with running_smtp(kept) as port:
        settings.MAIL_SERVER = {
            "host": "127.0.0.1", "port": port, "security": "none", "user": "", "password": "",
            "sender": "interlock@aldermoor.example",
        }  # fmt: skip
        yield kept


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


def test_a_chat_is_told_what_since_when_how_many_and_where_to_read_it(chat):
    one = alarm()

    (notice,) = noted(one)
    telling.send(notice.pk, now=NOON)

    assert chat.said == [
        {
            "text": "Outcry: Panniers, 6.2 times the usual (product), since 2 March, 12:00. 143 customers in the last day. "
            f"82 in 100 of them are new to it.\nhttps://interlock.example.com/signals/outcries/{one.pk}/"
        }
    ]
    one.refresh_from_db()
    assert (one.told_at, one.told_error) == (NOON, "")


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


def test_what_rang_together_is_one_message_the_theme_first(chat):
    together = [alarm("1", label="Shop", kind="source"), alarm("t", label="Late again", kind="theme")]
    fallen = alarm("P9", label="Lamps", state="fallen")

    (notice,) = noted(*together, fallen)
    telling.send(notice.pk, now=NOON)

    titles = [part.split(",")[0].split(" (")[0] for part in chat.said[0]["text"].split("\n\n")]
    assert titles == ["Outcry: Late again", "Outcry: Shop", "Fallen silent: Lamps"]


def test_nobody_is_told_twice_of_one_change_and_again_of_the_next(chat):
    one = alarm(state="emerging")
    (notice,) = noted(one)
    noted(one)
    telling.send(notice.pk, now=NOON)
    telling.send(notice.pk, now=NOON)
    assert len(chat.said) == 1

    telling.note([one], at=NOON + timedelta(minutes=5))
    telling.send(Notice.objects.latest("pk").pk, now=NOON)
    assert len(chat.said) == 2


def test_what_is_over_before_it_was_told_is_not_told(chat):
    (notice,) = noted(alarm(ended_at=NOON))

    telling.send(notice.pk, now=NOON)

    assert (chat.said, Notice.objects.count()) == ([], 0)


def test_a_chat_that_is_ill_is_told_when_it_is_well_again(chat):
    chat.answers = [500, 429]
    one = alarm()
    (notice,) = noted(one)

    for status in (500, 429):
        with pytest.raises(NotSent, match=f"localhost answered {status} and did not take it"):
            telling.send(notice.pk, now=NOON)
    one.refresh_from_db()
    assert one.told_error == "localhost answered 429 and did not take it."
    telling.send(notice.pk, now=NOON)

    one.refresh_from_db()
    assert (len(chat.said), one.told_at, one.told_error) == (1, NOON, "")


def test_a_chat_that_is_slow_is_perhaps_told_and_not_told_again(chat, monkeypatch):
    monkeypatch.setattr(posting, "CHAT_SECONDS", 0.3)
    posting._http.cache_clear()
    chat.hangs = threading.Event()
    one = alarm()
    (notice,) = noted(one)

    telling.send(notice.pk, now=NOON)
    posting._http.cache_clear()
    telling.send(notice.pk, now=NOON)

    notice.refresh_from_db()
    one.refresh_from_db()
    assert (len(chat.said), notice.state) == (1, NoticeState.DOUBTFUL)
    assert "did not answer within" in one.told_error


@pytest.mark.parametrize(
    ("answers", "location", "said"),
    [
        ([302], "http://10.0.0.1/", "redirects to another address. Enter the final one"),
        ([404], "", "refused it \\(404\\). Make a new webhook"),
        ([410], "", "refused it \\(410\\)"),
    ],
)
def test_a_chat_that_will_never_take_it_is_given_up_and_said_with_the_alarm(chat, answers, location, said):
    chat.answers, chat.location = answers, location
    one = alarm()
    (notice,) = noted(one)

    with pytest.raises(work.GiveUp, match=said) as refused:
        telling.send(notice.pk, now=NOON)

    one.refresh_from_db()
    assert one.told_error == str(refused.value)
    assert "secret" not in one.told_error
    assert Notice.objects.get().state == NoticeState.FAILED


@pytest.mark.parametrize(
    "address",
    ["https://10.1.2.3/hooks/the-secret", "https://169.254.169.254/latest", "http://hooks.example.com/x"],
)
def test_private_and_unencrypted_addresses_are_refused_without_naming_the_secret(chat, address):
    OutcryWatch.objects.update(webhook=sealed(address))
    (notice,) = noted(alarm())

    with pytest.raises(work.GiveUp) as refused:
        telling.send(notice.pk, now=NOON)

    assert "secret" not in str(refused.value)


def test_a_worker_that_dies_while_it_sends_leaves_a_doubtful_notice_and_nobody_is_told_twice(
    chat, monkeypatch
):
    def killed(*args, **kwargs):
        raise KeyboardInterrupt

    (notice,) = noted(alarm())
    with monkeypatch.context() as broken:
        broken.setattr(posting, "by_chat", killed)
        with pytest.raises(KeyboardInterrupt):
            telling.send(notice.pk, now=NOON)

    telling.send(notice.pk, now=NOON)

    notice.refresh_from_db()
    assert (chat.said, notice.state) == ([], NoticeState.DOUBTFUL)
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


def test_each_kind_of_chat_has_its_own_form(chat):
    OutcryWatch.objects.update(chat_kind="teams")
    (notice,) = noted(alarm(label="**Lamps** <at>all</at>"))
    telling.send(notice.pk, now=NOON)

    [attachment] = chat.said[0]["attachments"]
    [run] = attachment["content"]["body"][0]["inlines"]
    assert (run["type"], "**Lamps** <at>all</at>" in run["text"]) == ("TextRun", True)


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (200, b"ok", "One trial message was sent. localhost took it (200)."),
        (
            200,
            b'{"success":false,"error":"archived"}',
            "localhost answered 200 but did not take it: archived",
        ),
        (
            200,
            b'{"ok":false,"error":"no hook the-secret-part"}',
            "localhost answered 200 but did not take it: …",
        ),
        (
            403,
            b"no_service",
            "refused it (403). Make a new webhook there and enter its address. It says: “no_service”.",
        ),
        (
            403,
            b"hooks/the-secret-part is void",
            "refused it (403). Make a new webhook there and enter its address.",
        ),
    ],
)
def test_a_trial_says_what_the_chat_answered_and_never_the_secret(chat, status, body, said):
    chat.answers, chat.body = [status], body

    told = telling.try_out(OutcryWatch.objects.get())

    assert told.endswith(said)
    assert "the-secret-part" not in told


def test_the_preview_is_the_newest_alarm_in_the_form_of_the_chat(chat):
    watch = OutcryWatch.objects.get()
    before = setting.chat_preview(watch, telling.newest_message())
    alarm()

    assert before["text"].startswith("This is a trial.")
    assert setting.chat_preview(watch, telling.newest_message())["text"].startswith("Outcry: Panniers")
