"""A question with options: who is asked and heard, who objects, what is chosen, and how that is corrected or taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from converse.conftest import NOW
from interlock.converse.errors import NotForThem, NothingSaid, NotYours, TooMany, WrongState

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ask(mixed, say):
    """Put a choice in the talk, where both sides have written: `ask(audience="customer", people=[...])`."""
    from interlock.converse import services

    say(mixed.maker, "33 days.")

    def asked(**more):
        given = {"by": mixed.staff, "question": "Which date?", "options": ["33 days", "40 days"], "now": NOW}
        return services.ask_choice(conversation=mixed.talk, **given | more)

    return asked


def test_a_choice_needs_a_question_and_two_options_and_takes_no_more_than_twelve(ask, mixed):
    with pytest.raises(NothingSaid, match="two options"):
        ask(options=["33 days", "33 days ", " "])
    with pytest.raises(TooMany, match="At most 12"):
        ask(options=[str(number) for number in range(13)])
    with pytest.raises(NotYours):
        ask(by=mixed.partner)

    assert [option.words for option in ask().options.all()] == ["33 days", "40 days"]


def test_only_who_is_there_and_reads_it_is_asked(ask, mixed, person):
    with pytest.raises(NotForThem, match="Marta Hagen would not read"):
        ask(people=[mixed.customer])
    with pytest.raises(NotForThem, match="would not read"):
        ask(functions=["customer"])
    with pytest.raises(NotForThem, match="Nobody of a function"):
        ask(functions=["finance"])
    with pytest.raises(NotYours):
        ask(people=[person("contributor", "finance")])

    asked = ask(audience="customer", people=[mixed.customer], functions=["production"]).asked.all()
    assert [(one.function, one.person) for one in asked] == [("production", None), ("", mixed.customer)]


def test_heard_is_who_wrote_since_or_took_a_stance_and_the_rest_is_silent(ask, mixed, say):
    from interlock.converse import services
    from interlock.converse.talks.hearing import Hearing, hearings

    choice = ask(audience="customer", people=[mixed.customer, mixed.partner], functions=["production"])
    at_first = hearings(mixed.talk, {choice: NOW + timedelta(minutes=1)})[choice.pk]
    say(mixed.customer, "40, if it is true.", now=LATER)
    services.take_stance(option=choice.options.first(), by=mixed.maker, consents=True, now=LATER)
    said = say(mixed.partner, "Hm.", now=LATER)
    said.removed_at = LATER
    said.save()

    # What was written in the very moment of asking counts; before it, nothing does.
    assert at_first == Hearing(["Production"], ["Marta Hagen", "Sabine Weber"], ["Service"])
    assert hearings(mixed.talk, {choice: LATER})[choice.pk] == Hearing(
        ["Production", "Marta Hagen"], ["Sabine Weber"], ["Service"]
    )


def test_who_was_silent_when_it_was_chosen_stays_silent_after_a_correction(ask, mixed, say):
    from interlock.converse import queries, services
    from interlock.converse.talks.shown_choices import shown_choices

    option = ask(audience="customer", people=[mixed.customer], functions=["production"]).options.first()
    chosen = {"conversation": mixed.talk, "option": option, "by": mixed.staff, "because": "so"}
    made = services.decide(**chosen, now=NOW + timedelta(minutes=1))
    say(mixed.customer, "Nobody asked me.", now=LATER)
    for hours in (2, 3):
        made = services.correct_decision(
            decision=made, by=mixed.staff, chosen="34 days", because="so", now=NOW + timedelta(hours=hours)
        )
    found = queries.whole_conversation(mixed.staff).get(pk=mixed.talk.pk)
    (shown,) = shown_choices(found, mixed.staff, [], NOW + timedelta(days=1))

    assert (shown.decision, shown.hearing.heard, shown.hearing.silent) == (
        made,
        ["Production"],
        ["Marta Hagen"],
    )


def test_an_objection_has_a_reason_and_the_newest_word_of_a_person_counts(ask, mixed):
    from interlock.converse import services
    from interlock.converse.services.choices import unanswered

    option = ask(audience="customer").options.first()
    with pytest.raises(NothingSaid, match="needs a reason"):
        services.take_stance(option=option, by=mixed.maker, consents=False, now=NOW)
    objects = {"option": option, "by": mixed.maker, "consents": False, "reason": "Frames.", "now": NOW}
    services.take_stance(**objects, audience="customer")
    with pytest.raises(NotForThem, match="More people read"):
        services.take_stance(**objects)
    before = [one.reason for one in unanswered(option)]
    services.take_stance(option=option, by=mixed.maker, consents=True, audience="customer", now=LATER)

    assert (before, unanswered(option), option.stances.count()) == (["Frames."], [], 2)


def test_guests_speak_to_what_they_read_and_for_their_own_readers(ask, mixed):
    from interlock.converse import services

    ours, shops = ask().options.first(), ask(audience="partner").options.first()
    with pytest.raises(NotForThem):
        services.take_stance(option=ours, by=mixed.partner, consents=True, now=NOW)
    with pytest.raises(NotForThem):
        services.take_stance(option=shops, by=mixed.customer, consents=True, now=NOW)
    said = services.take_stance(option=shops, by=mixed.partner, consents=True, now=NOW)

    assert said.audience == "partner"


def test_an_unanswered_objection_needs_a_named_why_and_an_answered_one_does_not(ask, mixed):
    from interlock.converse import services

    choice = ask()
    first, second = choice.options.all()
    decide = {"conversation": mixed.talk, "by": mixed.staff, "because": "it is true", "now": LATER}
    stance = services.take_stance(option=first, by=mixed.maker, consents=False, reason="Frames.", now=NOW)
    with pytest.raises(NothingSaid, match="Nobody has answered what Oluchi Eze said"):
        services.decide(option=first, **decide)
    with pytest.raises(WrongState, match="of others"):
        services.answer_objection(stance=stance, by=mixed.maker, answer="Mine", now=NOW)
    chosen = services.decide(option=first, despite="Frames come on Friday.", **decide)
    services.take_decision_back(decision=chosen, by=mixed.staff, because="They did not.", now=LATER)
    services.answer_objection(stance=stance, by=mixed.staff, answer="We buy them.", now=LATER)
    again = services.decide(option=first, **decide)

    assert (chosen.chosen, chosen.instead_of, chosen.despite) == (
        "33 days",
        "40 days",
        "Frames come on Friday.",
    )
    assert (again.despite, again.option) == ("", first)
    with pytest.raises(WrongState, match="made or left"):
        services.take_stance(option=second, by=mixed.maker, consents=True, now=LATER)


def test_a_decision_for_more_people_than_the_choice_names_no_other_option(ask, mixed):
    from interlock.converse import services

    made = services.decide(
        conversation=mixed.talk, by=mixed.staff, option=ask().options.first(), because="so",
        audience="customer", now=NOW,
    )  # fmt: skip

    assert made.instead_of == ""


def test_taken_back_it_stays_readable_opens_its_choice_and_the_talk_stands_where_it_stood(ask, mixed, client):
    from interlock.converse import services
    from interlock.converse.searching import decisions_holding
    from interlock.listen.search import parts_of

    choice = ask()
    made = services.decide(
        conversation=mixed.talk, by=mixed.staff, option=choice.options.first(), because="so", now=NOW
    )
    found = list(decisions_holding(mixed.staff, parts_of("which date")))
    with pytest.raises(NothingSaid):
        services.take_decision_back(decision=made, by=mixed.staff, because=" ", now=LATER)
    services.take_decision_back(decision=made, by=mixed.staff, because="The line stands still.", now=LATER)
    with pytest.raises(WrongState, match="already"):
        services.take_decision_back(decision=made, by=mixed.staff, because="Again", now=LATER)
    mixed.talk.refresh_from_db()
    client.force_login(mixed.staff.user)
    page = client.get(mixed.url).text

    assert (found, list(decisions_holding(mixed.staff, parts_of("which date")))) == ([made], [])
    assert (mixed.talk.state, made.pk in [one.pk for one in mixed.talk.decisions.all()]) == ("two_way", True)
    assert "A decision, taken back on" in page
    assert "The line stands still." in page
    assert f"/options/{choice.options.first().pk}/choose/" in page


def test_corrected_it_keeps_what_it_said_its_readers_and_its_commitments(ask, mixed):
    from interlock.converse import services

    ask()
    old = services.decide(
        conversation=mixed.talk, by=mixed.staff, chosen="33 days", because="so", audience="partner", now=NOW
    )
    promise = services.commit(
        conversation=mixed.talk, by=mixed.staff, what="Tell them", owner=mixed.staff, due=NOW.date(),
        decision=old, now=NOW,
    )  # fmt: skip
    new = services.correct_decision(
        decision=old, by=mixed.maker, chosen="34 days", because="so", revisit_on=NOW.date(), now=LATER
    )
    old.refresh_from_db()
    promise.refresh_from_db()

    assert (old.chosen, old.stands, old.corrected_by, new.corrects) == ("33 days", False, new, old)
    assert (new.audience, promise.decision, mixed.talk.decisions.count()) == ("partner", new, 2)
    with pytest.raises(NotYours):
        services.correct_decision(decision=new, by=mixed.partner, chosen="1", because="so", now=LATER)


@pytest.fixture
def theme_talk(mixed):
    """A theme with a question, and a talk about it in which both sides wrote."""
    from interlock.converse import services
    from interlock.fabric.contexts import context_for
    from listen.themed import direction, theme

    found = theme("Late dates", direction(1), question="Which date?")
    talk = services.open_conversation(
        context=context_for(kind="theme", key=found.key, label=found.name), title="Dates",
        purpose="late per 100", question="Which date?", by=mixed.staff, now=NOW,
        people=[(mixed.staff, "service"), (mixed.maker, "production")],
    )  # fmt: skip
    for who in (mixed.staff, mixed.maker):
        services.say(conversation=talk, by=who, body="A line.", now=NOW)
    return found, talk


def test_the_theme_follows_what_its_talk_decides_corrects_and_takes_back(theme_talk, mixed):
    from interlock.converse import services

    theme, talk = theme_talk
    seen = []

    def look():
        theme.refresh_from_db()
        seen.append((theme.decision, theme.decided_no))

    made = services.decide(conversation=talk, by=mixed.staff, chosen="No", because="so", is_no=True, now=NOW)
    look()
    made = services.correct_decision(decision=made, by=mixed.staff, chosen="33 days", because="so", now=LATER)
    look()
    services.take_decision_back(decision=made, by=mixed.staff, because="Wrong", now=LATER)
    look()

    assert seen == [("No", True), ("33 days", False), ("", False)]


def test_a_yes_lets_no_decision_stand_that_was_taken_back_since_the_no(theme_talk, mixed):
    from interlock.converse import services
    from interlock.listen.themes import deciding

    theme, talk = theme_talk
    made = services.decide(conversation=talk, by=mixed.staff, chosen="33 days", because="so", now=NOW)
    theme.refresh_from_db()
    theme.state = "deciding"
    theme.save()
    assert deciding.open_again(theme=theme, now=LATER)
    services.take_decision_back(decision=made, by=mixed.staff, because="Wrong", now=LATER)

    assert not deciding.stand_again(theme=theme, now=LATER)
    theme.refresh_from_db()
    assert (theme.state, theme.decision) == ("reopened", "")


def test_what_customers_said_stands_beside_an_option_until_it_is_erased(theme_talk, mixed, client, person):
    from interlock.converse import services
    from interlock.converse.moderation import erasing
    from interlock.listen.models import Signal, Source

    _theme, talk = theme_talk
    source = Source.objects.create(name="Shop", kind="csv_folder", made_at=NOW)
    signal = Signal.objects.create(
        key="s1", source=source, kind="review", occurred_at=NOW, body="Three weeks late.", copy_hash=1,
        contact_key="hagen",
    )  # fmt: skip
    option = services.ask_choice(
        conversation=talk, by=mixed.staff, question="Which?", options=["A", "B"], now=NOW
    ).options.first()
    services.add_ground(option=option, by=mixed.staff, signal=signal, now=NOW)
    own = Signal.objects.create(
        key="s2", source=source, kind="review", occurred_at=NOW, body="Mine.", copy_hash=1,
        contact_key=f"community:{mixed.customer.pk}",
    )  # fmt: skip
    services.add_ground(option=option, by=mixed.staff, signal=own, now=NOW)
    services.add_ground(
        option=option, by=mixed.staff, link="https://plan.example/1", note="The plan", now=NOW
    )
    with pytest.raises(NothingSaid, match="https"):
        services.add_ground(option=option, by=mixed.staff, link="javascript:alert(1)", now=NOW)
    client.force_login(mixed.staff.user)
    page = client.get(f"/conversations/{talk.pk}/").text
    erasing.erase(person=mixed.customer, now=LATER)

    assert ["Three weeks late." in page, "plan.example, outside of Interlock" in page] == [True, True]
    assert [one.signal_key for one in option.grounds.all()] == ["s1", ""]


def test_erasing_a_guest_takes_their_reasons_and_keeps_that_somebody_objected(ask, mixed):
    from interlock.converse import services
    from interlock.converse.moderation import erasing

    option = ask(audience="customer").options.first()
    services.take_stance(option=option, by=mixed.customer, consents=False, reason="My canary.", now=NOW)
    erasing.erase(person=mixed.customer, now=LATER)

    assert [(one.consents, one.reason) for one in option.stances.all()] == [(False, "")]


def test_from_the_question_to_the_choice_and_back_on_the_page_of_the_talk(ask, mixed, client):
    from interlock.converse.models import Decision, Option

    client.force_login(mixed.staff.user)
    asked = ["production", str(mixed.customer.pk)]
    put = {"question": "Which date?", "options": "33 days\n40 days", "asked": asked, "audience": "customer"}
    client.post(f"{mixed.url}choices/", put)
    choice = mixed.talk.choices.get()
    option = choice.options.first()
    client.post(f"/choices/{choice.pk}/options/", {"words": "None", "costs": "Trust"})
    client.force_login(mixed.customer.user)
    client.post(f"/options/{option.pk}/stance/", {"stance": "object", "reason": "Too long for me."})
    as_guest = client.get(mixed.url).text
    client.force_login(mixed.staff.user)
    page = client.get(mixed.url).text
    client.post(f"/options/{option.pk}/choose/", {"because": "it is true"})
    refused = client.get(mixed.url).text
    client.post(f"/options/{option.pk}/choose/", {"because": "it is true", "despite": "We called."})
    decided = client.get(mixed.url).text
    made = Decision.objects.get()
    client.post(f"/decisions/{made.pk}/correct/", {"chosen": "34 days", "because": "counted again"})
    client.post(f"/decisions/{made.corrected_by.pk}/back/", {"because": "No frames."})

    assert [one.words for one in Option.objects.all()] == ["33 days", "40 days", "None"]
    assert ["Too long for me." in text for text in (as_guest, page)] == [True, True]
    assert ["choose/" in as_guest, "asked were heard" in as_guest, "I object" in as_guest] == [
        False,
        False,
        True,
    ]
    assert "1 of 2 asked were heard: Marta Hagen. Asked and silent: Production." in page
    assert "Nobody has answered what Marta Hagen said against it." in refused
    assert "We called." in decided
    assert [one.stands for one in Decision.objects.all()] == [False, False]


def test_the_options_become_a_line_only_by_writing_it(ask, mixed, client):
    ask()
    client.force_login(mixed.staff.user)
    number = mixed.talk.choices.get().pk
    mine = client.get(f"{mixed.url}?put={number}").context["say_form"]["body"].value()
    client.force_login(mixed.customer.user)
    theirs = client.get(f"{mixed.url}?put={number}").context["say_form"]["body"].value()

    assert (mine, theirs) == ("Which date?\n\n- 33 days\n- 40 days\n", None)
    assert mixed.talk.messages.count() == 4


def test_a_choice_is_left_with_a_reason(ask, mixed, client):
    choice = ask()
    client.force_login(mixed.staff.user)
    client.post(f"/choices/{choice.pk}/leave/", {"because": " "})
    open_still = "Choose nothing" in client.get(mixed.url).text
    client.post(f"/choices/{choice.pk}/leave/", {"because": "The frames came."})
    page = client.get(mixed.url).text

    assert (open_still, "The frames came." in page, "Choose nothing" in page) == (True, True, False)


def test_ten_choices_cost_the_page_as_many_queries_as_one(ask, mixed, client, django_assert_max_num_queries):
    from interlock.converse import services

    for _number in range(10):
        option = ask(functions=["production"]).options.first()
        services.take_stance(option=option, by=mixed.maker, consents=True, now=NOW)
    client.force_login(mixed.staff.user)
    client.get(mixed.url)

    with django_assert_max_num_queries(30):
        client.get(mixed.url)


def test_a_guest_is_not_asked_for_consent_once_staff_have_decided(ask, mixed, client):
    from interlock.converse import services

    choice = ask(audience="customer", people=[mixed.customer])
    client.force_login(mixed.customer.user)
    before = client.get(mixed.url).text
    made = services.decide(
        conversation=mixed.talk, by=mixed.staff, option=choice.options.first(), because="Frames.", now=NOW
    )
    decided = client.get(mixed.url).text
    services.take_decision_back(decision=made, by=mixed.staff, because="None came.", now=LATER)
    again = client.get(mixed.url).text

    assert ["Consent or object" in page for page in (before, decided, again)] == [True, False, True]
    assert ["No longer asked" in page for page in (before, decided, again)] == [False, True, False]
    assert "Frames." not in decided


def test_corrected_after_a_guest_left_it_keeps_its_readers(ask, mixed):
    from interlock.converse import services

    ask()
    old = services.decide(
        conversation=mixed.talk, by=mixed.staff, chosen="33 days", because="so", audience="partner", now=NOW
    )
    mixed.talk.participants.filter(person=mixed.partner).delete()
    new = services.correct_decision(decision=old, by=mixed.staff, chosen="34 days", because="so", now=LATER)

    assert (new.audience, new.corrects) == ("partner", old)
    with pytest.raises(NotForThem):  # a decision of its own is still for those who are there
        services.decide(
            conversation=mixed.talk, by=mixed.staff, chosen="1", because="so", audience="partner", now=LATER
        )


def test_customers_are_told_of_a_decision_only_while_one_stands(theme_talk, mixed, client):
    from interlock.converse import services

    _theme, talk = theme_talk
    client.force_login(mixed.staff.user)
    made = services.decide(conversation=talk, by=mixed.staff, chosen="33 days", because="so", now=NOW)
    decided = client.get(f"/conversations/{talk.pk}/").text
    services.take_decision_back(decision=made, by=mixed.staff, because="Wrong", now=LATER)
    back = client.get(f"/conversations/{talk.pk}/").text

    assert ["Tell the customers" in page for page in (decided, back)] == [True, False]


@pytest.mark.skipif("not __import__('django.db').db.connection.features.has_select_for_update")
def test_a_theme_that_a_talk_decides_is_held_so_that_nobody_decides_it_in_between(theme_talk, mixed):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from interlock.converse import services

    _theme, talk = theme_talk
    with CaptureQueriesContext(
        connection,
    ) as asked:
        made = services.decide(conversation=talk, by=mixed.staff, chosen="33 days", because="so", now=NOW)
        services.take_decision_back(decision=made, by=mixed.staff, because="Wrong", now=LATER)

    looked_up = [one["sql"] for one in asked if '"listen_theme"."key" =' in one["sql"]]
    assert [sql.count("FOR UPDATE") for sql in looked_up] == [1, 1]


def test_the_form_tells_everybody_of_a_function_from_one_person(ask, mixed, client):
    client.force_login(mixed.staff.user)
    form = client.get(mixed.url).context["choice_form"]

    assert [str(words) for _key, words in form.fields["asked"].choices] == [
        "Customers, everybody", "Production, everybody", "Service, everybody", "Partners, everybody",
        "Lena Fuchs", "Oluchi Eze", "Sabine Weber", "Marta Hagen",
    ]  # fmt: skip
