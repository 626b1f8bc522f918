"""At once for a name and for an answer that is due; for all else one mail a day, with nothing its reader may not see."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress

from converse.conftest import CUSTOMER_CANARY, NOW, PARTNER_CANARY, STAFF_CANARY
from interlock.connectors.live import NotSent, PerhapsSent
from interlock.converse import services
from interlock.converse.models import Message, Notice, NoticeChoice, ReadMark
from interlock.converse.notices import planning, sending
from interlock.fabric import no_mail, people, work

pytestmark = pytest.mark.django_db
TOMORROW = NOW + timedelta(days=1)


def planned(now=NOW) -> int:
    made = planning.plan(now=now)
    work.run_ready()
    return made


def to(mails) -> list[str]:
    return sorted(mail.to for mail in mails)


def test_a_mail_tells_what_its_reader_may_see_and_no_canary_leaves_its_audience(mixed, mails):
    planned()

    canaries = (STAFF_CANARY, PARTNER_CANARY, CUSTOMER_CANARY)
    seen = {mail.to: [one for one in canaries if one in mail.subject + mail.text] for mail in mails}
    assert seen == {
        mixed.maker.user.email: list(canaries),
        mixed.partner.user.email: [PARTNER_CANARY, CUSTOMER_CANARY],
        mixed.customer.user.email: [CUSTOMER_CANARY],
    }


def test_what_one_may_not_see_any_more_when_it_leaves_is_not_in_it(mixed, mails):
    planning.plan(now=NOW)
    mixed.talk.participants.filter(person=mixed.customer).delete()
    people.end_access(person=mixed.maker, by=mixed.maker, now=NOW)

    work.run_ready()

    assert to(mails) == [mixed.partner.user.email]
    assert sorted(Notice.objects.values_list("state", flat=True)) == ["empty", "empty", "sent"]


def test_there_is_never_more_than_one_mail_a_day_and_nothing_is_told_twice(mixed, say, mails):
    assert planned() == 3
    assert planned() == 0
    say(mixed.staff, "Later today.", "customer", now=NOW + timedelta(hours=2))
    assert planned(NOW + timedelta(hours=3)) == 0
    mails.clear()

    assert planned(TOMORROW) == 3

    assert ["Later today." in mail.text for mail in mails] == [True] * 3
    assert [CUSTOMER_CANARY in mail.text for mail in mails] == [False] * 3
    assert planned(TOMORROW + timedelta(days=1)) == 0


def test_the_newest_stands_first_and_what_was_read_is_left_out(mixed, say, mails):
    ReadMark.objects.create(
        conversation=mixed.talk, person=mixed.customer, last_line=mixed.lines["customer"].pk, at=NOW
    )
    for minute, body in enumerate(("First.", "Second."), start=1):
        say(mixed.staff, body, "customer", now=NOW + timedelta(minutes=minute))

    planned(NOW + timedelta(hours=1))

    text = next(mail.text for mail in mails if mail.to == mixed.customer.user.email)
    assert text.startswith(
        f"Which date may we promise?\nhttps://talk.example.com{mixed.url}\n\n"
        "Lena Fuchs, 22 November, 09:02:\n> Second.\n\nLena Fuchs, 22 November, 09:01:\n> First.\n\n-- \n"
    )


def test_who_is_named_is_told_at_once_and_not_again_that_day(mixed, say, mails):
    say(mixed.staff, "@Oluchi Eze, can you say?", "staff")
    work.run_ready()

    assert [(mail.to, mail.subject) for mail in mails] == [
        (mixed.maker.user.email, "Lena Fuchs names you: Which date may we promise?")
    ]
    planned()
    assert "can you say?" not in next(mail.text for mail in mails[1:] if mail.to == mixed.maker.user.email)


def test_a_line_taken_back_before_the_mail_leaves_is_not_told(mixed, say, mails):
    line = say(mixed.staff, "@Oluchi Eze, can you say?", "staff")
    Message.objects.filter(pk=line.pk).update(removed_at=NOW)

    work.run_ready()

    assert (mails, Notice.objects.get().state) == ([], "empty")


def test_who_owes_an_answer_is_told_on_the_day_it_is_due_unless_it_was_given(mixed, say, mails):
    services.frame_conversation(
        conversation=mixed.talk, purpose="late", question="Which date?", due=TOMORROW.date(), by=mixed.staff, now=NOW
    )  # fmt: skip
    say(mixed.partner, "Friday.")
    assert Notice.objects.filter(why="due").count() == 0

    planned(TOMORROW)
    planned(TOMORROW)

    owed = [mail for mail in mails if mail.subject == "Your answer is due today: Which date?"]
    assert to(owed) == sorted([mixed.maker.user.email, mixed.customer.user.email])


def test_each_is_mailed_from_their_own_hour_on_by_their_own_clock(mixed, mails):
    NoticeChoice.objects.create(person=mixed.maker, hour=12)
    NoticeChoice.objects.create(person=mixed.partner, hour=12, zone="Asia/Tokyo")
    NoticeChoice.objects.create(person=mixed.customer, daily=False)

    planned(NOW)  # 09:00 here, 18:00 in Tokyo

    assert to(mails) == [mixed.partner.user.email]


def test_nobody_is_mailed_who_stopped_it_or_never_showed_that_the_address_is_theirs(mixed, mails):
    no_mail.stop(address=mixed.partner.user.email, now=NOW)
    EmailAddress.objects.create(
        user=mixed.customer.user, email=mixed.customer.user.email, verified=False, primary=True
    )

    planned()

    assert to(mails) == [mixed.maker.user.email]


def test_a_mail_that_perhaps_left_is_not_sent_again_and_one_that_did_not_is(mixed, mails, monkeypatch):
    def fails(_office, _note, *, now, wait):
        raise failure

    planning.plan(now=NOW)
    first, second, third = Notice.objects.order_by("pk")
    with monkeypatch.context() as patch:
        patch.setattr(sending, "post", fails)
        failure = PerhapsSent("It broke off.")
        sending.send(first.pk, now=NOW)
        failure = NotSent("Busy.")
        with pytest.raises(NotSent):
            sending.send(second.pk, now=NOW)
    Notice.objects.filter(pk=third.pk).update(state="sending")  # a worker was killed

    for one in (first, second, third):
        sending.send(one.pk, now=NOW)

    assert to(mails) == [second.person.user.email]
    assert list(Notice.objects.order_by("pk").values_list("state", flat=True)) == [
        "doubtful",
        "sent",
        "doubtful",
    ]


def test_nothing_is_planned_where_no_mail_goes_out(mixed, say, settings):
    settings.MAIL_SERVER = None

    say(mixed.staff, "@Oluchi Eze, can you say?", "staff")

    assert (planning.plan(now=NOW), Notice.objects.count()) == (0, 0)


def test_planning_asks_no_more_for_more_people(mixed, mails, person, django_assert_num_queries):
    planned()
    for number in range(5):
        services.invite(
            conversation=mixed.talk, person=person("customer", name=f"C {number}"), function="customer",
            by=mixed.staff, now=NOW,
        )  # fmt: skip
    NoticeChoice.objects.bulk_create(
        NoticeChoice(person=one.person, hour=23)
        for one in mixed.talk.participants.select_related("person")
        if one.person not in (mixed.maker,)
    )

    with django_assert_num_queries(8):
        planning.plan(now=NOW + timedelta(hours=1))


def test_words_come_without_marks_and_a_picture_as_its_name(mixed, say, mails):
    say(mixed.staff, "The **hose** is short.![picture](/pictures/tt9R6JaclmnD67GM1/)", "customer", now=NOW)

    planned()

    texts = [mail.text for mail in mails]
    assert ["> The hose is short. [picture]\n" in text for text in texts] == [True] * 3
    assert [text for text in texts if "**" in text or "/pictures/" in text] == []
