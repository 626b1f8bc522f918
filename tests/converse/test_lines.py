"""What can be done with one line: named, quoted, corrected, taken back, widened, reacted to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from converse.conftest import NOW
from interlock.converse.errors import NotForThem, NotYours, TooLate, WrongState

pytestmark = pytest.mark.django_db


def page(client, mixed, who, query=""):
    client.force_login(who.user)
    return client.get(f"{mixed.url}{query}").content.decode()


def test_whoever_is_named_is_kept_and_marked(client, mixed, say):
    line = say(mixed.staff, "@Oluchi Eze and @olaf observer, see `@Oluchi Eze`.")

    assert sorted(one.person.name for one in line.mentions.all()) == ["Olaf Observer", "Oluchi Eze"]
    assert '<span class="mention">@Oluchi Eze</span>' in page(client, mixed, mixed.staff)


@pytest.mark.parametrize(
    ("audience", "name"), [("staff", "Sabine Weber"), ("staff", "Marta Hagen"), ("partner", "Marta Hagen")]
)
def test_naming_somebody_who_would_not_read_the_line_is_refused(mixed, say, audience, name):
    with pytest.raises(NotForThem, match=f"{name} would not read this line"):
        say(mixed.staff, f"Ask @{name} about it.", audience)

    assert mixed.talk.messages.count() == 3


def test_two_readers_of_one_name_are_not_guessed_between(mixed, say, person):
    person("contributor", "finance", name="oluchi eze")

    with pytest.raises(NotForThem, match="More than one person here is called"):
        say(mixed.staff, "Ask @Oluchi Eze.")

    assert mixed.talk.messages.count() == 3


def test_a_name_that_a_stranger_took_in_the_community_is_only_text(mixed, say, person):
    person("customer", name="Home")

    assert say(mixed.staff, "Write to us @home.").mentions.count() == 0


def test_for_a_guest_the_name_of_somebody_outside_the_talk_is_only_text(mixed, say):
    line = say(mixed.customer, "Ask @Olaf Observer, @Nobody At All and @Lena Fuchs.")

    assert [one.person.name for one in line.mentions.all()] == ["Lena Fuchs"]


@pytest.mark.parametrize(
    ("who", "audience", "names"),
    [
        ("staff", "staff", ["Olaf Observer", "Oluchi Eze"]),
        ("staff", "customer", ["Marta Hagen", "Olaf Observer", "Oluchi Eze", "Sabine Weber"]),
        ("customer", "customer", ["Lena Fuchs", "Oluchi Eze", "Sabine Weber"]),
        ("customer", "staff", []),
    ],
)
def test_only_readers_are_suggested(client, mixed, who, audience, names):
    client.force_login(getattr(mixed, who).user)

    answer = client.get(f"{mixed.url}people/", {"audience": audience, "q": ""})
    some = client.get(f"{mixed.url}people/", {"audience": audience, "q": "eze"})

    assert [one["name"] for one in answer.json()["people"]] == names
    assert [one["name"] for one in some.json()["people"]] == [name for name in names if name == "Oluchi Eze"]


def test_a_quote_names_its_line_and_goes_to_no_wider_audience(mixed, say):
    from interlock.converse.talks.quotes import quote_of

    quote = quote_of(mixed.lines["partner"])

    assert quote.splitlines()[-2] == f"> [Lena Fuchs](#message-{mixed.lines['partner'].pk})"
    assert say(mixed.maker, f"{quote}Yes.", "staff").audience == "staff"
    with pytest.raises(NotForThem, match="fewer people may read"):
        say(mixed.partner, f"{quote}Yes.", "customer")


def test_a_guest_learns_nothing_by_quoting_the_number_of_a_hidden_line(mixed, say):
    assert say(mixed.customer, f"[x](#message-{mixed.lines['staff'].pk})").pk


def test_the_page_offers_a_line_as_quote_and_as_the_one_that_is_answered(client, mixed):
    number = mixed.lines["customer"].pk

    quoted = page(client, mixed, mixed.customer, f"?quote={number}")
    answered = page(client, mixed, mixed.customer, f"?answer={number}")
    hidden = page(client, mixed, mixed.customer, f"?answer={mixed.lines['staff'].pk}")

    assert f"&gt; [Lena Fuchs](#message-{number})" in quoted
    assert f'name="reply_to" value="{number}"' in answered
    assert 'name="reply_to" value=""' in hidden


def test_a_line_is_taken_back_within_a_minute_and_becomes_the_draft(mixed, say):
    from interlock.converse import corrections
    from interlock.converse.models import Draft

    line = say(mixed.customer, "Too soon.")
    corrections.take_back(message=line, by=mixed.customer, now=NOW + timedelta(seconds=60))

    assert mixed.talk.messages.filter(author=mixed.customer).count() == 0
    assert Draft.objects.get(person=mixed.customer).body == "Too soon."
    assert mixed.talk.participants.get(person=mixed.customer).replied_at is None


def test_a_line_taken_back_leaves_the_talk_where_the_other_lines_put_it(mixed, say):
    from interlock.converse import corrections

    line = say(mixed.maker, "From production.", now=NOW + timedelta(minutes=5))
    mixed.talk.refresh_from_db()
    with_it = mixed.talk.state, mixed.talk.two_way_at, mixed.talk.last_message_at
    corrections.take_back(message=line, by=mixed.maker, now=line.sent_at)
    mixed.talk.refresh_from_db()
    without = mixed.talk.state, mixed.talk.two_way_at, mixed.talk.last_message_at
    say(mixed.customer, "From outside.")
    second = say(mixed.maker, "From production.")
    corrections.take_back(message=second, by=mixed.maker, now=NOW)
    mixed.talk.refresh_from_db()

    assert with_it == ("two_way", line.sent_at, line.sent_at)
    assert (without, mixed.talk.state) == (("framed", None, NOW), "two_way")


def test_a_line_taken_back_stands_above_what_was_begun_since_for_the_fewer_readers(mixed, say):
    from interlock.converse import corrections
    from interlock.converse.models import Draft
    from interlock.converse.talks import drafts

    for sent, begun in (("customer", "staff"), ("staff", "customer")):
        line = say(mixed.staff, "Sent.", sent)
        drafts.keep_draft(conversation=mixed.talk, by=mixed.staff, body="Begun.", audience=begun, now=NOW)
        corrections.take_back(message=line, by=mixed.staff, now=NOW)

        draft = Draft.objects.get(person=mixed.staff)
        assert (draft.body, draft.audience) == ("Sent.\n\nBegun.", "staff")


def test_what_is_older_answered_or_of_another_is_not_taken_back(mixed, say):
    from interlock.converse import corrections

    line = say(mixed.customer, "Hello.")
    with pytest.raises(NotYours):
        corrections.take_back(message=line, by=mixed.staff, now=NOW)
    with pytest.raises(TooLate, match="60 seconds"):
        corrections.take_back(message=line, by=mixed.customer, now=NOW + timedelta(seconds=61))
    say(mixed.staff, "Yes?", "customer", reply_to=line)
    with pytest.raises(TooLate, match="once it is answered"):
        corrections.take_back(message=line, by=mixed.customer, now=NOW)


def test_a_widened_line_shows_the_new_readers_what_it_says_now_and_nothing_of_before(client, mixed, say):
    from interlock.converse import corrections
    from interlock.converse.talks import reactions, widening

    line = say(mixed.staff, "Before canary.")
    line = corrections.edit_message(message=line, by=mixed.staff, body="As it stands.", now=NOW)
    reactions.react(message=line, by=mixed.maker, word="unsure", now=NOW)
    widening.widen(message=line, by=mixed.staff, audience="customer", now=NOW + timedelta(minutes=1))

    shown = page(client, mixed, mixed.customer)
    wordings = client.get(f"/messages/{line.pk}/wordings/").content.decode()
    assert ("As it stands." in shown, "I am not sure: Oluchi" in shown) == (True, False)
    assert ("As it stands." in wordings, "Before canary." in wordings) == (True, False)
    client.force_login(mixed.maker.user)
    assert "Before canary." in client.get(f"/messages/{line.pk}/wordings/").content.decode()


def test_a_line_is_widened_by_its_author_alone_only_outwards_and_with_no_narrower_quote(mixed, say):
    from interlock.converse.talks import widening
    from interlock.converse.talks.quotes import quote_of

    def widen(line, by, audience):
        return widening.widen(message=line, by=by, audience=audience, now=NOW)

    with pytest.raises(NotYours):
        widen(mixed.lines["staff"], mixed.maker, "customer")
    with pytest.raises(NotForThem, match="cannot be given back"):
        widen(mixed.lines["customer"], mixed.staff, "staff")
    quoting = say(mixed.staff, f"{quote_of(mixed.lines['staff'])}So.")
    with pytest.raises(NotForThem, match="fewer people may read"):
        widen(quoting, mixed.staff, "customer")

    assert widen(mixed.lines["staff"], mixed.staff, "partner").audience == "partner"


def test_widening_names_the_readers_before_it_is_done(client, mixed):
    client.force_login(mixed.staff.user)
    url = f"/messages/{mixed.lines['partner'].pk}/widen/"

    asked = client.get(url).content.decode()
    nobody = client.post(url, {})
    done = client.post(url, {"audience": "customer"})

    assert "Let Marta Hagen and Sabine Weber read it" in asked
    assert (nobody.status_code, done.status_code, done.url) == (
        422,
        302,
        f"{mixed.url}#message-{mixed.lines['partner'].pk}",
    )


def test_a_reaction_is_put_and_taken_away_and_only_on_lines_that_stand(client, mixed):
    from interlock.converse import corrections
    from interlock.converse.talks import reactions

    line = mixed.lines["customer"]
    reactions.react(message=line, by=mixed.customer, word="thanks", now=NOW)
    shown = "Thanks: Marta Hagen" in page(client, mixed, mixed.partner)
    reactions.react(message=line, by=mixed.customer, word="thanks", now=NOW)
    line = corrections.remove_message(message=line, by=mixed.staff, now=NOW)

    assert (shown, line.reactions.count()) == (True, 0)
    with pytest.raises(WrongState):
        reactions.react(message=line, by=mixed.customer, word="thanks", now=NOW)


def test_corrections_can_be_read_by_the_readers_of_the_line(client, mixed, say):
    from interlock.converse import corrections

    line = say(mixed.staff, "On the 4th.", "customer")
    for body in ("On the 5th.", "On the 6th."):
        corrections.edit_message(message=line, by=mixed.staff, body=body, now=NOW)

    client.force_login(mixed.customer.user)
    history = client.get(f"/messages/{line.pk}/wordings/").content.decode()
    undone = corrections.undo_edit(message=line, by=mixed.staff, now=NOW)
    assert [f"On the {day}th." in history for day in (4, 5, 6)] == [True, True, True]
    assert (undone.body, undone.wordings.count()) == ("On the 5th.", 1)


def test_a_correction_from_before_more_people_read_the_line_is_not_undone(client, mixed):
    from django.utils import timezone

    from interlock.converse import corrections, services
    from interlock.converse.talks import widening

    now = timezone.now()  # the page looks at the clock
    line = services.say(conversation=mixed.talk, by=mixed.staff, body="Narrow canary.", now=now)
    corrections.edit_message(message=line, by=mixed.staff, body="For all.", now=now)
    before = "Undo the correction" in page(client, mixed, mixed.staff)
    widening.widen(message=line, by=mixed.staff, audience="customer", now=now + timedelta(seconds=1))
    widened = "Undo the correction" in page(client, mixed, mixed.staff)
    with pytest.raises(NotForThem, match="not for them"):
        corrections.undo_edit(message=line, by=mixed.staff, now=now + timedelta(seconds=2))

    line.refresh_from_db()
    assert (before, widened, line.body, line.wordings.count()) == (True, False, "For all.", 1)


def test_a_draft_is_kept_for_its_writer_with_its_audience_until_it_is_sent(client, mixed, say):
    client.force_login(mixed.staff.user)
    client.post(f"{mixed.url}draft/", {"body": "Half a tho", "audience": "partner"})

    mine = page(client, mixed, mixed.staff)
    others = page(client, mixed, mixed.maker)
    say(mixed.staff, "Half a thought.", "partner")

    assert ("Half a tho</textarea>" in mine, "Half a tho" in others) == (True, False)
    assert 'value="partner" class="radio radio-primary radio-sm mt-0.5" checked' in mine
    assert mixed.talk.drafts.count() == 0


def test_fifty_lines_stand_on_a_page_and_the_earlier_are_a_step_away(client, mixed, say):
    for number in range(60):
        say(mixed.staff, f"Line number {number:02}.", "customer")

    newest = page(client, mixed, mixed.customer)
    first = mixed.talk.messages.order_by("pk")[13].pk
    earlier = page(client, mixed, mixed.customer, f"?before={first}")

    assert (newest.count("<article"), f'href="?before={first}"' in newest) == (50, True)
    assert (earlier.count("<article"), "Line number 09." in earlier, "Line number 10." in earlier) == (
        11,
        True,
        False,
    )


def test_answers_stand_under_their_line_and_many_are_folded(mixed, say):
    from interlock.converse.talks.reading_page import window

    for number in range(5):
        say(mixed.maker, f"Answer {number}.", reply_to=mixed.lines["staff"])
    participants = list(mixed.talk.participants.select_related("person"))

    seen = window(mixed.talk, participants, mixed.staff, NOW, last_read=mixed.lines["customer"].pk)
    again = window(mixed.talk, participants, mixed.staff, NOW, last_read=seen.newest)

    assert [len(thread.answers) for thread in seen.threads] == [5, 0, 0]
    assert ([len(thread.folded) for thread in seen.threads], len(again.threads[0].folded)) == ([0, 0, 0], 2)


def test_what_came_since_the_last_visit_is_marked_once(client, mixed, say):
    first = page(client, mixed, mixed.partner)
    say(mixed.staff, "Fresh.", "customer")

    second, third = page(client, mixed, mixed.partner), page(client, mixed, mixed.partner)

    assert ["New since you were here" in each for each in (first, second, third)] == [False, True, False]
