"""People by side and organisations, in pages; one of each; who is asked in; and what partners see of it."""

from __future__ import annotations

from datetime import timedelta

import pyarrow as pa
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from interlock.converse import queries as talks
from interlock.converse import services
from interlock.converse.loop import own_feedback
from interlock.fabric import directory, organisations, people, records
from interlock.fabric.directory import Side, Wanted
from interlock.fabric.models import Context, CustomerSide, Organisation, Person, User
from interlock.fabric.organisations import Accounts, NotOne

NOW = timezone.now()


@pytest.fixture
def accounts(home):
    """Sixty accounts in the records, two of them called alike."""
    rows = [
        {"account_id": f"a{number:02}", "name": f"Shop {number:02}", "segment": "shop", "region": "North"}
        for number in range(58)
    ]
    rows += [
        {"account_id": key, "name": "Twins", "segment": "fleet", "region": "South"} for key in ("t1", "t2")
    ]
    with records.writing(batch_id="b", source_id="s") as write:
        write.upsert("accounts", pa.Table.from_pylist(rows))
    records.forget()


def names(found) -> list[str]:
    return [one.name for one in found.order_by("name", "pk")]


def test_people_are_found_by_side_function_name_and_absence(person):
    ana, rui = person("lead", "sales", name="Ana Reis"), person("contributor", "service", name="Rui Sá")
    tom = person("partner", name="Tom Motrane", account="motrane")
    marta = person("customer", name="Marta Hagen")
    people.make_customer_too(person=tom, account="", by=ana, now=NOW)
    people.set_away(person=rui, until=NOW + timedelta(days=3), stand_in=ana, by=rui, now=NOW)

    def found(**wanted):
        return names(directory.found_for(ana, Wanted(**wanted), NOW))

    assert found() == ["Ana Reis", "Rui Sá"]
    assert found(function="service") == ["Rui Sá"]
    assert found(who="away") == ["Rui Sá"]
    assert found(words="reis") == ["Ana Reis"]
    assert found(side=Side.PARTNER) == ["Tom Motrane"]
    assert found(side=Side.CUSTOMER) == ["Marta Hagen", "Tom Motrane"]
    assert found(side=Side.CUSTOMER, words=marta.user.email) == ["Marta Hagen"]
    assert directory.counts(ana) == {Side.EMPLOYEE: 2, Side.PARTNER: 1, Side.CUSTOMER: 2}
    assert names(directory.found_for(tom, Wanted(side=Side.PARTNER), NOW)) == ["Tom Motrane"]
    assert directory.counts(tom) == {}


def test_addresses_are_found_by_their_beginning_or_by_their_host(person):
    me = person("owner")
    for address in ("lena_k@shop.example", "lenaxk@shop.example", "lena@other.example"):
        user = User.objects.create_user(address)
        Person.objects.create(user=user, name=address.partition("@")[0], role="customer")

    def found(words):
        return names(directory.found_for(me, Wanted(side=Side.CUSTOMER, words=words), NOW))

    assert found("Lena_K@shop") == ["lena_k"]
    assert found("lena@") == ["lena"]
    assert found("@shop.example") == ["lena_k", "lenaxk"]
    assert found("k@shop.example") == []


def test_addresses_are_searched_only_by_who_may_read_personal_data(person):
    marta, maker = person("customer", name="Marta Hagen"), person("contributor", "production")

    found = directory.found_for(maker, Wanted(side=Side.CUSTOMER, words=marta.user.email), NOW)

    assert names(found) == []


def test_pages_of_people_show_each_person_once_in_the_order_of_names(person):
    me = person("owner", name="zz")
    Person.objects.bulk_create(Person(name=f"Same {number % 3}", role="customer") for number in range(120))
    found = directory.found_for(me, Wanted(side=Side.CUSTOMER), NOW)

    pages, after = [], None
    while (page := directory.page_after(found, after)).people:
        pages.append([(one.name, one.pk) for one in page.people])
        after = page.later
        if after is None:
            break

    assert [len(page) for page in pages] == [50, 50, 20]
    together = [one for page in pages for one in page]
    assert together == sorted(together)
    assert len(set(together)) == 120


def test_pages_of_accounts_come_from_the_records_alone(accounts, db):
    first, more = organisations.accounts(Accounts())
    last = (first[-1].name, first[-1].key)
    rest, end = organisations.accounts(Accounts(after=last))

    assert (len(first), more, len(rest), end) == (50, True, 10, False)
    assert [one.key for one in rest[-2:]] == ["t1", "t2"]
    assert [one.key for one in organisations.accounts(Accounts(words="shop 07"))[0]] == ["a07"]
    assert len(organisations.accounts(Accounts(segment="fleet", region="South"))[0]) == 2
    assert organisations.choices().segments == ["fleet", "shop"]
    assert not Organisation.objects.exists()


def test_an_organisation_is_named_by_name_or_key_and_never_guessed(accounts):
    assert organisations.key_of("customer", " shop 07 ") == "a07"
    assert organisations.key_of("customer", "a07") == "a07"
    assert organisations.key_of("lead", "shop 07") == ""
    with pytest.raises(NotOne, match="Several accounts"):
        organisations.key_of("customer", "Twins")
    with pytest.raises(NotOne, match="hold no account"):
        organisations.key_of("customer", "Nobody")
    with pytest.raises(NotOne, match="Name the organisation"):
        organisations.key_of("partner", "")


def test_two_partners_whose_names_look_alike_never_share_a_key(db, home):
    first = organisations.key_of("partner", "Müller & Co")
    second = organisations.key_of("partner", "Muller Co")

    assert first != second
    assert organisations.key_of("partner", "müller & co") == first


def test_the_lists_cost_the_same_whatever_they_hold(signed_in, accounts):
    browser = signed_in("owner")
    addresses = [reverse("web:people") + "?side=customer", reverse("web:organisations")]
    for address in addresses:
        browser.get(address)

    def counted(address):
        with CaptureQueriesContext(connection) as caught:
            assert browser.get(address).status_code == 200
        return len(caught)

    before = [counted(one) for one in addresses]
    for number in range(70):
        one = Person.objects.create(name=f"Marta {number}", role="customer", account_key=f"a{number % 58:02}")
        CustomerSide.objects.create(person=one, account_key="t1")
    after = [counted(one) for one in addresses]

    assert after[0] <= before[0] + 3  # sides, names of organisations
    assert after[1] == before[1]
    assert max(after) <= 16


def test_who_becomes_a_partner_stays_a_customer_and_a_partner_stays_with_one_organisation(person, accounts):
    owner = person("owner")
    marta = person("customer", name="Marta Hagen", account="a07")

    people.change_person(
        person=marta, role="partner", functions=[], organisation="Motrane", by=owner, now=NOW
    )

    assert (marta.role, marta.account_key) == ("partner", "partner:motrane")
    assert [one.account_key for one in marta.customer_sides.all()] == ["a07"]
    with pytest.raises(people.OtherOrganisation, match="End that access"):
        people.change_person(
            person=marta, role="partner", functions=[], organisation="Vantero", by=owner, now=NOW
        )
    people.change_person(
        person=marta, role="partner", functions=["partner"], organisation="Motrane", by=owner, now=NOW
    )
    assert marta.account_key == "partner:motrane"


def test_a_colleague_who_buys_reads_what_became_of_their_account_s_words(person, accounts):
    from interlock.listen.models import Signal, Source  # Django must be set up before rooms are imported

    source = Source.objects.create(key="s", name="s", kind="csv", made_at=NOW)
    said = Signal.objects.create(
        key="s1", source=source, kind="review", occurred_at=NOW, body="late", account_key="a07", copy_hash=1
    )
    ana = person("contributor", "sales")
    assert own_feedback.signals_of(ana) == []

    people.make_customer_too(person=ana, account="Shop 07", by=ana, now=NOW)

    assert own_feedback.signals_of(ana) == [said]


def talk_between(*people_in, title="Which date holds?"):
    about = Context.objects.create(kind="order", key=title, label=title)
    return services.open_conversation(
        context=about,
        title=title,
        purpose="dates",
        question=title,
        by=people_in[0],
        people=[(one, "partner" if one.role == "partner" else "sales") for one in people_in],
        now=NOW,
    )


def test_whoever_changes_sides_takes_nothing_behind_a_wall(signed_in, person):
    browser = signed_in("owner")
    ana, rui = person("lead", "sales"), person("lead", "service")
    tom, marta = person("partner", account="motrane"), person("customer")
    inside = talk_between(rui, ana, title="CANARY inside")
    with_tom = talk_between(rui, tom, title="CANARY of Motrane")
    services.invite(conversation=with_tom, person=marta, function="customer", by=rui, now=NOW)
    alone = talk_between(rui, title="With Marta")
    services.invite(conversation=alone, person=marta, function="customer", by=rui, now=NOW)

    for one in (ana, marta):
        answer = browser.post(
            reverse("web:change_person", args=[one.pk]), {"role": "partner", "organisation": "Vantero"}
        )
        assert answer.status_code == 302
        one.refresh_from_db()

    assert set(talks.conversations_visible_to(ana)) == set()
    assert set(talks.conversations_visible_to(marta)) == {alone}
    assert set(talks.conversations_visible_to(tom)) == {with_tom}
    assert inside.participants.count() == 1


def test_the_page_of_a_person_says_who_they_are_and_keeps_the_address_of_guests(signed_in, person):
    marta = person("customer", name="Marta Hagen")
    browser = signed_in("contributor", "production")

    page = browser.get(reverse("web:person", args=[marta.pk])).content.decode()

    assert "Marta Hagen is a customer." in page
    assert marta.user.email not in page
    owner = signed_in("owner")
    assert marta.user.email in owner.get(reverse("web:person", args=[marta.pk])).content.decode()


def test_the_page_of_an_organisation_shows_its_people_and_its_talks(signed_in, person, accounts):
    browser = signed_in("owner")
    tom = person("partner", name="Tom Vale", account="a07")
    talk_between(browser.person, tom)

    page = browser.get(reverse("web:organisation"), {"key": "a07"}).content.decode()

    assert "One person takes part for Shop 07." in page
    assert "Tom Vale" in page
    assert "Which date holds?" in page
    assert browser.get(reverse("web:organisation"), {"key": "nobody"}).status_code == 404


def test_who_is_a_customer_too_is_noted_and_taken_back(signed_in, person, accounts):
    browser = signed_in("lead", "sales")
    tom = person("partner", account="motrane")

    browser.post(reverse("web:customer_too", args=[tom.pk]), {"account": "Shop 07"})
    refused = browser.post(reverse("web:customer_too", args=[tom.pk]), {"account": "Twins"})
    assert (refused.status_code, 'value="Twins"' in refused.text) == (422, True)
    assert list(refused.context["too_form"].errors) == ["account"]
    side = tom.customer_sides.get()
    assert side.account_key == "a07"

    browser.post(reverse("web:customer_no_more", args=[tom.pk, side.pk]))

    assert not tom.customer_sides.exists()
