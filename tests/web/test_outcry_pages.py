"""The list of alarms, the page of one, what people say of it, and the watch's own page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from interlock.converse.models import Conversation, Participant
from interlock.fabric import journal
from interlock.fabric.chats import keeping
from interlock.listen.models import Alarm, OutcryWatch, StreamState, Theme, WatchedStream
from interlock.web.figures import day, moment
from listen.themed import direction, theme
from listen.waiting import NOON, hours, said, source
from web.alarms import KNOWN, alarm

pytestmark = pytest.mark.django_db


@pytest.fixture
def panniers(home):
    """An outcry about panniers, of three signals, each said once, the first of them quoted."""
    shop = source(name="Shop")
    made = [
        said("It broke on the first day.", by=f"a{number}", at=NOON - hours(number / 2), source=shop,
             product_key="P1", product_label="Panniers", region="South", channel="mail", rating_share=0.2)
        for number in range(3)
    ]  # fmt: skip
    return alarm(known={**KNOWN, "quotes": [made[0].key]})


def page(one) -> str:
    return reverse("web:one_outcry", args=[one.pk])


def text_of(browser, address) -> str:
    return browser.get(address).content.decode()


def test_without_alarms_the_list_says_what_will_stand_here(signed_in):
    text = text_of(signed_in("observer"), reverse("web:outcries"))

    assert "Since ... so many customers speak of ..." in text
    assert "At most one false alarm a quarter" in text


def test_the_list_shows_what_goes_on_with_its_interval_and_its_spread(signed_in, panniers):
    text = text_of(signed_in("observer"), reverse("web:outcries"))

    assert "There is an outcry." in text
    assert "×5.2" in text
    assert "3.9 to 7.1" in text
    assert "100\xa0% new" in text
    assert page(panniers) in text


def test_tabs_hold_what_goes_on_what_is_over_and_what_was_none(signed_in, panniers):
    alarm("emerging", key="P2", label="Bells", ended_at=NOON)
    alarm("emerging", key="P3", label="Locks", ended_at=NOON, verdict="false", reason="A test of ours.")
    browser = signed_in("observer")

    shown = {}
    for tab in ("now", "outcry", "over", "false", "all"):
        text = text_of(browser, f"{reverse('web:outcries')}?show={tab}")
        shown[tab] = [name for name in ("Panniers", "Bells", "Locks") if name in text]

    assert shown == {
        "now": ["Panniers"],
        "outcry": ["Panniers"],
        "over": ["Bells"],
        "false": ["Locks"],
        "all": ["Panniers", "Bells", "Locks"],
    }


def test_a_long_list_goes_on_where_it_ended_and_asks_no_more_for_it(
    signed_in, panniers, django_assert_max_num_queries
):
    for number in range(40):
        alarm("emerging", key=f"X{number}", label=f"Part {number:02}", began=NOON - hours(3 + number))
    browser = signed_in("observer")
    address = f"{reverse('web:outcries')}?show=all"
    first = browser.get(address)
    with django_assert_max_num_queries(18):
        browser.get(address)

    later = first.context["later"]
    second = text_of(browser, f"{reverse('web:outcries')}{later}")

    names = [f"Part {number:02}" for number in range(40)]
    assert [name for name in names if name in first.content.decode()] == names[:29]
    assert [name for name in names if name in second] == names[29:]
    assert text_of(browser, f"{reverse('web:outcries')}?show=all&after=forged").count("card-row") == 30


def test_all_alarms_come_as_a_file(signed_in, panniers):
    lines = text_of(signed_in("contributor"), reverse("web:outcries_csv")).splitlines()

    assert lines[1].startswith(f"{panniers.pk},product,Panniers,outcry,")
    assert ",5.2,3.9,7.1,40.0,3,1.0," in lines[1]


def test_one_page_says_who_where_since_when_what_they_say_and_what_came_before(signed_in, panniers):
    text = text_of(signed_in("lead"), page(panniers))

    assert "“Panniers” is an outcry since" in text
    assert "It broke on the first day." in text
    assert "The campaign “Spring” went public" in text
    assert "Whether one caused it the records cannot tell." in text
    assert "Shop a0" in text
    assert "region=South" in text
    assert "Nobody talks about it yet." in text
    assert text.count("Attach to a conversation") == 1


def test_every_figure_leads_to_exactly_its_signals(signed_in, panniers):
    said("Long before.", at=NOON - timedelta(days=3), source=source(), product_key="P1")
    said("Another product.", at=NOON - hours(1), source=source(), product_key="P2")
    browser = signed_in("lead")
    answer = browser.get(page(panniers))

    rows = text_of(browser, answer.context["rows_url"])
    since = text_of(browser, answer.context["since_url"])

    assert (rows.count("It broke"), since.count("It broke"), answer.context["so_far"].signals) == (3, 3, 3)
    assert "Long before" not in rows + since
    assert "Another product" not in rows + since


def test_a_channel_and_a_source_lead_to_their_signals_as_well(signed_in, panniers):
    browser = signed_in("lead")
    one = said("By chat.", at=NOON - hours(1), source=source(name="Chat"), channel="chat")
    by_channel = alarm("emerging", kind="channel", key="chat", label="chat")
    by_source = alarm("emerging", kind="source", key=str(one.source_id), label="Chat")

    for made in (by_channel, by_source):
        rows = text_of(browser, browser.get(page(made)).context["since_url"])
        assert ("By chat." in rows, "It broke" in rows) == (True, False)


def test_the_page_asks_as_much_for_many_signals_as_for_few(
    signed_in, panniers, django_assert_max_num_queries
):
    browser = signed_in("lead")
    browser.get(page(panniers))
    shop = source()
    for number in range(60):
        said("More.", by=f"b{number}", at=NOON - hours(number / 60), source=shop, product_key="P1")

    with django_assert_max_num_queries(30):
        browser.get(page(panniers))


def test_not_an_outcry_needs_a_reason_ends_it_counts_and_is_taken_back(signed_in, panniers):
    browser = signed_in("contributor")
    judge = reverse("web:judge_outcry", args=[panniers.pk])
    refused = browser.post(judge, {"verdict": "false", "reason": " "})
    assert refused.status_code == 422
    assert Alarm.objects.get().verdict == ""

    Alarm.objects.update(began_at=timezone.now())  # the budget counts its newest quarter
    answer = browser.post(judge, {"verdict": "false", "reason": "Our own mailing."}, follow=True)
    assert "Our own mailing." in answer.content.decode()
    assert "of one alarm since" in text_of(browser, reverse("web:outcry_watch"))
    panniers.refresh_from_db()
    assert (panniers.verdict, panniers.ended_at == panniers.judged_at) == ("false", True)
    assert WatchedStream.objects.get().state == StreamState.QUIET

    browser.post(reverse("web:undo_outcry_verdict", args=[panniers.pk]))
    panniers.refresh_from_db()
    assert (panniers.verdict, panniers.ended_at, panniers.judged_by) == ("", None, None)
    assert WatchedStream.objects.get().state == StreamState.OUTCRY
    assert [one.verb for one in journal.entries_about(panniers)] == ["judgement taken back", "judged"]


def test_over_is_said_once_and_a_verdict_on_an_alarm_that_ended_leaves_its_end(signed_in, panniers):
    browser = signed_in("contributor")
    judge = reverse("web:judge_outcry", args=[panniers.pk])
    browser.post(judge, {"verdict": "over"})
    again = browser.post(judge, {"verdict": "over"}, follow=True).content.decode()
    assert "has judged this alarm already" in again

    ended = alarm("emerging", key="P2", ended_at=NOON)
    browser.post(reverse("web:judge_outcry", args=[ended.pk]), {"verdict": "false", "reason": "A test."})
    browser.post(reverse("web:undo_outcry_verdict", args=[ended.pk]))
    ended.refresh_from_db()
    assert (ended.ended_at, ended.verdict) == (NOON, "")


def test_a_verdict_is_not_taken_back_where_the_stream_rang_again_since(signed_in, panniers):
    browser = signed_in("contributor")
    browser.post(reverse("web:judge_outcry", args=[panniers.pk]), {"verdict": "over"})
    Alarm.objects.create(
        stream=panniers.stream, label="Panniers", began_at=NOON, state="emerging", strength=4, times=3
    )

    undone = browser.post(reverse("web:undo_outcry_verdict", args=[panniers.pk]), follow=True)

    assert "It rang again since" in undone.content.decode()
    assert Alarm.objects.filter(ended_at=None).count() == 1


def test_a_theme_stands_quiet_with_its_alarm_and_loud_again_with_the_undo(signed_in, home):
    fee = theme("The new fee", direction(1))
    Theme.objects.filter(pk=fee.pk).update(state="outcry", state_since=NOON)
    one = alarm(kind="theme", key=fee.key, label="The new fee")
    browser = signed_in("contributor")

    browser.post(reverse("web:judge_outcry", args=[one.pk]), {"verdict": "over"})
    assert Theme.objects.get(pk=fee.pk).state == "quiet"
    browser.post(reverse("web:undo_outcry_verdict", args=[one.pk]))
    assert Theme.objects.get(pk=fee.pk).state == "outcry"


def test_one_click_brings_the_host_and_the_functions_together(signed_in, panniers, person):
    host = person("lead", "service", name="Anna Berg")
    maker = person("lead", "production", name="Oluchi Eze")
    person("contributor", "people", name="Nobody Concerned")
    browser = signed_in("contributor", "sales")
    shown = browser.get(page(panniers)).context

    answer = browser.post(reverse("web:talk_about_outcry", args=[panniers.pk]), {
        "people": [f"{one.pk}:{function}" for one, function in shown["asked"]],
        "question": shown["question"], "purpose": shown["purpose"], "due": "2099-01-01",
    })  # fmt: skip

    talk = Conversation.objects.get()
    assert answer.url == reverse("converse:conversation", args=[talk.pk])
    assert (talk.context.kind, talk.context.key) == ("outcry", str(panniers.pk))
    parts = {one.person: one.part for one in Participant.objects.all()}
    assert parts == {host: "host", maker: "side", browser.person: "side"}
    assert "One conversation is about it." in text_of(browser, page(panniers))
    assert talk.title in text_of(browser, page(panniers))


def test_who_is_away_is_not_asked_and_the_stand_in_hosts(signed_in, panniers, person):
    away, other = (
        person("lead", "service", name="Anna Berg"),
        person("contributor", "service", name="Bo Lind"),
    )
    away.away_until, away.stand_in = NOON + timedelta(days=90_000), other
    away.save()
    OutcryWatch.objects.create(pk=1, host=away)

    shown = signed_in("contributor", "sales").get(page(panniers)).context

    assert shown["host"] == other
    assert [one for one, _function in shown["asked"]] == [other]


def test_an_owner_sets_the_budget_and_it_stands_in_the_journal(signed_in):
    browser = signed_in("owner")

    browser.post(reverse("web:outcry_budget"), {"false_alarms": 2, "span": "month"})

    assert "At most two false alarms a month" in text_of(browser, reverse("web:outcry_watch")).replace(
        "2", "two"
    )
    entry = journal.entries_about(OutcryWatch.objects.get()).get()
    assert (entry.verb, entry.detail["before"]["false_alarms"], entry.detail["after"]["false_alarms"]) == (
        "set the budget", 1, 2,
    )  # fmt: skip
    refused = browser.post(reverse("web:outcry_budget"), {"false_alarms": 0, "span": "month"})
    assert refused.status_code == 422
    assert OutcryWatch.objects.get().false_alarms == 2


def test_who_is_told_is_kept_and_the_chats_that_hear_of_alarms_are_named(signed_in, person):
    browser = signed_in("owner")
    anna = person("lead", "service", name="Anna Berg")
    values = {"host": anna.pk, "told": [anna.pk], "mails": "team@example.com\nboard@example.com"}
    for name, hears in (("#alarms", ["alarm"]), ("#names", ["named"])):
        keeping.add_chat(
            function="", name=name, address="https://chat.example.com/hooks/x", hears=hears, by=anna, now=NOON
        )

    browser.post(reverse("web:outcry_telling"), values)
    text = text_of(browser, reverse("web:outcry_watch"))

    watch = OutcryWatch.objects.get()
    assert (watch.host, list(watch.told.all()), watch.mails) == (
        anna,
        [anna],
        ["team@example.com", "board@example.com"],
    )
    assert "By chat: #alarms." in text


@pytest.mark.parametrize(
    ("field", "value", "said_so"),
    [
        ("mails", "nobody at example.com", "nobody at example.com is not a mail address."),
    ],
)
def test_an_address_that_cannot_be_told_is_refused_and_nothing_is_kept(signed_in, field, value, said_so):
    answer = signed_in("owner").post(reverse("web:outcry_telling"), {field: value})

    assert (answer.status_code, said_so in answer.content.decode()) == (422, True)
    assert not OutcryWatch.objects.exists()


def test_a_trial_message_says_how_it_went(signed_in):
    browser = signed_in("owner")
    tried = reverse("web:outcry_try")
    assert "Nobody is told yet." in browser.post(tried, follow=True).content.decode()

    browser.post(reverse("web:outcry_telling"), {"mails": "team@example.com"})
    said = browser.post(tried, follow=True).content.decode()
    assert "team@example.com: Mail is not set up" in said


def test_an_alarm_for_how_people_feel_says_so(signed_in, home):
    unhappy = {"now": 0.62, "usual": 0.3, "known": 80.0, "power": 4.2}
    known = {**KNOWN, "unhappy": unhappy, "discontent": 2, "negative": 1}
    one = alarm("emerging", times=1.1, outcry_at=None, known=known)

    text = text_of(signed_in("lead"), page(one))

    assert "More people than usual are not content with “Panniers”" in text
    assert f"2 of 3 signals in the day up to {moment(NOON)}. 30\xa0% is usual here." in text
    assert "One reads as negative" in text


def test_a_stream_that_fell_silent_says_so_in_the_list_and_on_its_page(signed_in, home):
    one = alarm("fallen", times=0.1, outcry_at=None, known={**KNOWN, "times": [0.0, 0.3]})
    browser = signed_in("lead")

    assert "Fallen silent" in text_of(browser, reverse("web:outcries"))
    assert "“Panniers” fell silent: 0.1 times the usual" in text_of(browser, page(one))


def test_an_alarm_that_is_not_there_is_not_found(signed_in):
    assert signed_in("owner").get(reverse("web:one_outcry", args=[99])).status_code == 404


def test_a_watch_that_heard_nothing_yet_does_not_speak_of_months(signed_in):
    text = signed_in("owner").get(reverse("web:outcry_watch")).content.decode()
    assert f"it listens since {day(timezone.now())}, and nothing has rung" in text


def test_who_may_not_read_personal_data_reads_no_mail_address_of_others(signed_in, home):
    OutcryWatch.objects.update_or_create(pk=1, defaults={"mails": ["anna.berg@example.com"]})
    told = [text_of(signed_in(role), reverse("web:outcry_watch")) for role in ("lead", "observer")]

    assert ["anna.berg@example.com" in text for text in told] == [True, False]
    assert "anna.berg" not in told[1]
