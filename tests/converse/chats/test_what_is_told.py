"""What a function's chat hears: its people named, its answers due, customers let down again, themes opened again, alarms."""

from __future__ import annotations

from datetime import timedelta

import pytest

from converse.conftest import CUSTOMER_CANARY, NOW, PARTNER_CANARY, STAFF_CANARY
from interlock.converse import corrections
from interlock.converse.chats import due_talks
from interlock.converse.models import Participant
from interlock.converse.talks import starting
from interlock.fabric.chats import keeping
from interlock.fabric.models import ChatNotice
from interlock.listen import escalation
from interlock.listen.models import Clock, OutcryWatch, Signal
from interlock.listen.outcry import telling as alarms
from interlock.listen.themes import deciding
from listen.test_telling import alarm
from listen.themed import theme
from listen.waiting import opened, said, source

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
HOUR = timedelta(hours=1)


def texts(server):
    return [one["text"] for one in server.said]


def owed(mixed, due):
    """The talk asks for an answer by this day; service has written, production has not."""
    Participant.objects.filter(conversation=mixed.talk).exclude(person=mixed.staff).update(
        invited_by=mixed.staff
    )
    mixed.talk.due = due
    mixed.talk.save(update_fields=["due"])


def test_who_is_named_stands_in_the_chat_of_their_function_alone_without_the_line(
    mixed, say, added, server, tell
):
    production, service = added("production"), added("service")

    line = say(mixed.staff, "@Oluchi Eze, can we? The secret of the line.", audience="customer")
    tell(production)
    tell(service)

    assert texts(server) == [
        "Lena Fuchs names Oluchi Eze in “Which date may we promise?”.\n"
        f"https://talk.example.com/conversations/{mixed.talk.pk}/#message-{line.pk}"
    ]
    assert list(service.notices.all()) == []


def test_a_function_is_named_by_its_own_name_by_colleagues_only(mixed, say, added, server, tell):
    production = added("production", "slack", "named")

    say(mixed.maker, "@production please look, not @productions.")
    say(mixed.customer, "@Production, it is broken!", audience="customer")
    tell(production)

    (text,) = texts(server)
    assert [one.splitlines()[0] for one in text.split("\n\n")] == [
        "Oluchi Eze names Production in “Which date may we promise?”."
    ]


def test_who_names_themselves_stirs_no_chat_and_a_guest_is_not_named_as_one(mixed, say, added, server, tell):
    production = added("production")

    say(mixed.maker, "I am @Oluchi Eze.")
    assert not ChatNotice.objects.exists()

    say(mixed.customer, "Thank you, @Oluchi Eze.", audience="customer")
    tell(production)

    assert [one.split(" in ")[0] for one in texts(server)] == ["A customer names Oluchi Eze"]


def test_a_line_taken_away_before_it_is_told_is_not_told(mixed, say, added, server, tell):
    production = added("production")
    line = say(mixed.staff, "@Oluchi Eze?")

    corrections.remove_message(message=line, by=mixed.staff, now=NOW + timedelta(hours=1))
    tell(production, NOW + 2 * HOUR)

    assert (server.said, production.notices.get().state, production.told_at) == ([], "empty", None)


def test_a_corrected_line_is_told_once(mixed, say, added, server, tell):
    production = added("production")
    line = say(mixed.staff, "@Oluchi Eze?")
    tell(production)

    corrections.edit_message(message=line, by=mixed.staff, body="@Oluchi Eze, please?", now=NOW)
    tell(production)

    assert len(server.said) == 1


def test_no_line_title_or_guest_reaches_a_chat(mixed, say, added, server, tell):
    everything = added("")
    for body, audience in (
        (STAFF_CANARY, "staff"),
        (PARTNER_CANARY, "partner"),
        (CUSTOMER_CANARY, "customer"),
    ):
        say(mixed.staff, f"@Oluchi Eze, {body}.", audience=audience)

    tell(everything)

    (text,) = texts(server)
    assert text.count("Lena Fuchs names Oluchi Eze") == 3
    assert "canary" not in text


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (TODAY + timedelta(days=2), []),
        (
            TODAY + timedelta(days=1),
            ["An answer of Production is due on 23 November: “Which date may we promise?”."],
        ),
        (TODAY, ["An answer of Production is due on 22 November: “Which date may we promise?”."]),
        (
            TODAY - timedelta(days=1),
            [
                "An answer of Production was due on 21 November and has not come: “Which date may we promise?”."
            ],
        ),
        (TODAY - timedelta(days=8), []),
    ],
)
def test_an_answer_is_told_when_it_is_due_and_when_it_is_late(mixed, added, server, tell, due, said):
    production, service = added("production"), added("service")
    owed(mixed, due)

    for _look in range(2):
        due_talks.note_due(now=NOW)
        tell(production)
        tell(service)

    assert [one.splitlines()[0] for one in texts(server)] == said


def test_an_answer_that_came_before_it_was_told_is_not_told_and_nights_are_quiet(
    mixed, say, added, server, tell
):
    production = added("production")
    owed(mixed, TODAY)
    due_talks.note_due(now=NOW.replace(hour=7))
    assert not ChatNotice.objects.exists()
    due_talks.note_due(now=NOW)

    say(mixed.maker, "The 12th.")
    tell(production)

    assert (server.said, production.notices.get().state) == ([], "empty")


def test_customers_who_wait_too_long_are_told_to_service_once_an_hour_by_their_number(added, server, tell):
    service, finance = added("service"), added("finance")
    signals = [said(at=NOW - timedelta(days=3), account_key=f"a{n}", account_label="Hagen") for n in range(2)]
    opened(*signals, now=NOW)

    escalation.call_stand_ins(now=NOW)
    escalation.call_stand_ins(now=NOW + timedelta(minutes=1))
    tell(service)
    tell(finance)

    assert texts(server) == [
        "2 customers wait beyond the hour that we promise.\nhttps://talk.example.com/signals/waiting/"
    ]


def let_down(number, account, at=NOW):
    came_from = source(key=f"s{number}")
    for days, kind in ((9, "ticket"), (0, "complaint")):
        said(
            f"My name is {account}, {number}", at=at - timedelta(days=days), kind=kind, account_key=account,
            account_label=account, source=came_from, product_key="P1", product_label="Panniers", received_at=at,
        )  # fmt: skip
    opened(*Signal.objects.filter(account_key=account).order_by("occurred_at"), now=NOW)


def test_a_second_failure_is_told_without_the_customers_name_or_words(added, server, tell):
    service = added("service")
    let_down(1, "Marta Hagen")

    tell(service)

    latest = Signal.objects.latest("occurred_at")
    assert texts(server) == [
        "A customer is let down a second time within 30 days (complaint, Panniers) and waits before all others.\n"
        f"https://talk.example.com/signals/{latest.pk}/"
    ]


def test_many_second_failures_at_once_are_their_number_and_old_ones_no_news(added, server, tell):
    service = added("service")
    for number in range(4):
        let_down(number, f"a{number}")
    let_down(9, "long ago", NOW - timedelta(days=2))

    tell(service)

    assert texts(server) == [
        "4 customers are let down a second time, and wait before all others.\n"
        "https://talk.example.com/signals/waiting/"
    ]


def test_a_customer_who_says_no_once_more_is_told_when_a_lead_is_called(added, server, tell):
    service = added("service")
    (signal,) = [said(at=NOW - HOUR, kind="complaint")]
    opened(signal, now=NOW)
    clock = Clock.objects.get()
    clock.urgency = 1
    clock.save()

    escalation.call_lead(clock=clock, now=NOW)
    tell(service)

    assert texts(server) == [
        "A customer says once more that what we did does not solve it (complaint). A lead was called to it.\n"
        f"https://talk.example.com/signals/{signal.pk}/"
    ]


def test_a_theme_that_customers_open_again_is_told_to_its_function_its_decider_and_service(
    added, server, tell, person
):
    decider = person("lead", "production")
    chats = [added(one) for one in ("product", "production", "service", "sales")]
    one = theme(
        "Hinge breaks", state="fixed", function="product", decider=decider, decision="A second latch."
    )

    deciding.open_again(theme=one, now=NOW)
    told = [chat.function for chat in chats if tell(chat).told_at]

    assert told == ["product", "production", "service"]
    assert set(texts(server)) == {
        "Customers say that what we decided about “Hinge breaks” does not solve it. The theme is open again.\n"
        f"https://talk.example.com/signals/themes/{one.key}/"
    }


def test_a_theme_that_stands_again_before_it_is_told_is_not_told(added, server, tell):
    service = added("service")
    one = theme("Hinge breaks", state="fixed", decision="A second latch.", decided_at=NOW)
    deciding.open_again(theme=one, now=NOW)

    deciding.stand_again(theme=one, now=NOW)
    tell(service)

    assert server.said == []


def test_alarms_are_told_to_every_chat_that_hears_of_them_while_they_go_on(added, server, tell):
    hears, hears_not = added("sales", "slack", "alarm"), added("service", "slack", "named")
    OutcryWatch.objects.create(pk=1)
    one, over = alarm(label="Panniers"), alarm(key="P2", ended_at=NOW)

    alarms.note([one, over], at=NOW)
    tell(hears)
    tell(hears_not)

    (text,) = texts(server)
    assert text.startswith("Outcry: Panniers, 6.2 times the usual (product), since 2 March, 12:00.")
    assert text.endswith(f"https://talk.example.com/signals/outcries/{one.pk}/")


def test_an_alarm_tells_a_chat_no_address_that_a_customer_wrote(added, server, tell):
    hears = added("sales", "slack", "alarm")
    OutcryWatch.objects.create(pk=1)

    alarms.note([alarm(label="Write to ana.keller@example.com about panniers")], at=NOW)
    tell(hears)

    (text,) = texts(server)
    assert text.startswith("Outcry: Write to [e-mail] about panniers, 6.2 times the usual (product)")


def test_what_happens_together_is_one_message_and_too_much_is_counted(mixed, say, added, server, tell):
    production = added("production")
    for number in range(12):
        say(mixed.staff, f"@Oluchi Eze, {number}?")

    tell(production)

    (text,) = texts(server)
    assert text.count("Lena Fuchs names") == 10
    assert text.endswith("2 more notices stand on the pages.\nhttps://talk.example.com/")
    assert set(production.notices.values_list("state", flat=True)) == {"sent"}


def test_paused_and_removed_chats_are_told_nothing_of_what_came_meanwhile(mixed, say, added, server, tell):
    production, other = added("production"), added("production")
    say(mixed.staff, "@Oluchi Eze, before.")
    keeping.pause_chat(chat=production, by=mixed.staff, now=NOW)
    keeping.remove_chat(chat=other, by=mixed.staff, now=NOW)
    say(mixed.staff, "@Oluchi Eze, meanwhile.")
    tell(production)

    keeping.resume_chat(chat=production, by=mixed.staff, now=NOW)
    tell(production)
    assert server.said == []

    say(mixed.staff, "@Oluchi Eze, after.")
    tell(production)
    assert len(server.said) == 1


def test_yesterdays_news_are_not_told_any_more(mixed, say, added, server, tell):
    production = added("production")
    say(mixed.staff, "@Oluchi Eze?")

    tell(production, NOW + timedelta(hours=25))

    assert (server.said, production.notices.get().state) == ([], "empty")


def test_a_talk_that_was_begun_with_a_line_tells_no_chat_that_line(mixed, added, server, tell):
    production = added("production", "slack", "named")

    talk = starting.start(
        kind="team",
        key="south",
        label="Shops South",
        body="@Oluchi Eze, Marta Hagen threatens to leave us.",
        by=mixed.staff,
        now=NOW,
    )
    tell(production)

    assert talk.title == "@Oluchi Eze, Marta Hagen threatens to leave us."
    assert texts(server) == [
        "Lena Fuchs names Oluchi Eze in “a conversation without a question yet”.\n"
        f"https://talk.example.com/conversations/{talk.pk}/#message-{talk.messages.get().pk}"
    ]
