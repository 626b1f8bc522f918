"""Who reads which line: chosen before writing, the narrowest first, and never anybody outside its circle."""

from __future__ import annotations

import pytest

from converse.conftest import NOW
from interlock.converse.errors import NotForThem, WallStands

pytestmark = pytest.mark.django_db


def read_by(person, talk) -> list[str]:
    from interlock.converse import queries

    return [line.audience for line in queries.messages_visible_to(person, talk)]


def test_a_line_is_read_by_its_circle_and_the_narrower_ones(mixed, person):
    everything = ["staff", "partner", "customer"]

    assert read_by(mixed.staff, mixed.talk) == everything
    assert read_by(mixed.observer, mixed.talk) == everything
    assert read_by(mixed.partner, mixed.talk) == ["partner", "customer"]
    assert read_by(mixed.customer, mixed.talk) == ["customer"]
    assert read_by(person("customer", account="hagen"), mixed.talk) == []
    assert read_by(person("partner", account="radhaus"), mixed.talk) == []


def test_without_a_choice_a_line_goes_to_the_narrowest_circle_of_its_writer(mixed):
    from interlock.converse import services

    said = {
        who.role: services.say(conversation=mixed.talk, by=who, body="Hello.", now=NOW).audience
        for who in (mixed.staff, mixed.partner, mixed.customer)
    }

    assert said == {"lead": "staff", "partner": "partner", "customer": "customer"}


@pytest.mark.parametrize(
    ("who", "audience"), [("partner", "staff"), ("customer", "staff"), ("customer", "partner")]
)
def test_nobody_writes_where_they_do_not_read(mixed, who, audience):
    from interlock.converse import services

    with pytest.raises(NotForThem, match="Nothing was sent"):
        services.say(
            conversation=mixed.talk, by=getattr(mixed, who), body="Hello.", audience=audience, now=NOW
        )

    assert mixed.talk.messages.count() == 3


def test_an_audience_that_nobody_is_there_for_cannot_be_chosen(mixed):
    from interlock.converse import services

    among_us = services.open_conversation(
        context=mixed.talk.context,
        title="Among us",
        people=[(mixed.staff, "service")],
        by=mixed.staff,
        now=NOW,
    )

    with pytest.raises(NotForThem, match="Customer reads this"):
        services.say(conversation=among_us, by=mixed.staff, body="Hello.", audience="customer", now=NOW)


def test_who_was_erased_is_no_reader_any_more(mixed):
    from interlock.converse.moderation import erasing
    from interlock.converse.talks import audiences

    def offered() -> dict[str, str]:
        there = mixed.talk.participants.select_related("person")
        return {one.audience: one.readers for one in audiences.circles(list(there), mixed.staff)}

    assert offered()["customer"] == "Marta Hagen and Sabine Weber"

    erasing.erase(person=mixed.customer, now=NOW)

    assert offered() == {"staff": "2 people", "partner": "2 staff and Sabine Weber"}


def test_a_second_partner_organisation_is_refused_and_a_colleague_of_the_first_is_not(mixed, person):
    from interlock.converse import services

    colleague = person("partner", name="Ute Weber", account="radhaus")
    services.invite(conversation=mixed.talk, person=colleague, function="partner", by=mixed.staff, now=NOW)

    for stranger in (person("partner", account="vantero"), person("partner")):
        with pytest.raises(WallStands, match="Sabine Weber is in this conversation for another partner"):
            services.invite(
                conversation=mixed.talk, person=stranger, function="partner", by=mixed.staff, now=NOW
            )
    assert mixed.talk.participants.filter(person__role="partner").count() == 2


def test_partners_without_a_named_organisation_are_not_taken_for_the_same(mixed, person):
    from interlock.converse import services

    first, second = person("partner"), person("partner")
    talk = services.open_conversation(
        context=mixed.talk.context, title="Two", people=[(first, "partner")], by=mixed.staff, now=NOW
    )

    with pytest.raises(WallStands):
        services.invite(conversation=talk, person=second, function="partner", by=mixed.staff, now=NOW)


def test_decisions_and_promises_are_for_staff_unless_said_otherwise(mixed):
    from interlock.converse import queries, services

    for who, function in ((mixed.maker, "production"), (mixed.partner, "partner")):
        services.say(conversation=mixed.talk, by=who, body=f"For {function}.", now=NOW)
    for audience in ("", "partner"):
        words = {"chosen": f"decided for {audience or 'staff'}", "because": "it is true"}
        services.decide(
            conversation=mixed.talk,
            by=mixed.staff,
            now=NOW,
            **words,
            **({"audience": audience} if audience else {}),
        )
        services.commit(
            conversation=mixed.talk, by=mixed.staff, what=f"done for {audience or 'staff'}", owner=mixed.staff,
            due=NOW.date(), audience=audience, now=NOW,
        )  # fmt: skip

    seen = {
        who.role: [
            [one.chosen for one in found.decisions.all()] + [one.what for one in found.commitments.all()]
            for found in queries.whole_conversation(who)
        ]
        for who in (mixed.staff, mixed.partner, mixed.customer)
    }

    assert seen == {
        "lead": [["decided for staff", "decided for partner", "done for staff", "done for partner"]],
        "partner": [["decided for partner", "done for partner"]],
        "customer": [[]],
    }


def test_whoever_promises_reads_the_promise(mixed):
    from interlock.converse import services

    with pytest.raises(NotForThem, match="Sabine Weber would not read this"):
        services.commit(
            conversation=mixed.talk, by=mixed.staff, what="Call", owner=mixed.partner, due=NOW.date(), now=NOW
        )
