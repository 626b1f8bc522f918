"""Everything of a spammer goes in one act and comes back in one; a customer is erased for good, and gets no more mail."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from converse.community.conftest import NOW, judged
from interlock.converse.community import answering, posting
from interlock.converse.community.errors import CommunityError, NotAllowed, NothingSaid
from interlock.converse.models import (
    Case,
    Entry,
    Follow,
    Message,
    Post,
    Reply,
    Rewording,
    Standing,
    Sweep,
    Vote,
)
from interlock.converse.moderation import cases, erasing, merging, reporting, rewording, sweeping
from interlock.fabric import no_mail, records, work
from interlock.fabric.models import JournalEntry, NoMail, Person, User
from interlock.listen import flushing
from interlock.listen.models import Clock, InboxRow, ReplyRoute, Signal

pytestmark = pytest.mark.django_db


def everything() -> dict[str, list]:
    """All that readers and counts may see of the community."""
    said = ("pk", "standing", "signal_key")
    return {
        "posts": sorted(Post.objects.values_list(*said, "people_count", "company_count", "reply_count")),
        "replies": sorted(Reply.objects.values_list(*said, "post")),
        "votes": sorted(Vote.objects.values_list("post", "person", "at")),
        "follows": sorted(Follow.objects.values_list("post", "person", "at")),
        "signals": sorted(Signal.objects.values_list("key", "body")),
    }


@pytest.fixture
def spam(write, marta, edda, reply, heard):
    """Marta posts, replies, votes, follows and reports; Edda's post is among what she touched."""
    theirs, own = (
        write(edda, kind="idea", title="A hanger"),
        write(marta, kind="idea", title="Rings", words="Cheap rings."),
    )
    reply(theirs, marta, "See my cheap rings.", same=True)
    reply(own, edda, "What is this about?")
    posting.vote(post=theirs, by=marta, on=True, now=NOW)
    posting.follow(post=theirs, by=marta, on=True, now=NOW)
    reporting.report(said=theirs, by=marta, why="other", words="", now=NOW)
    heard()
    return own, theirs


def test_everything_of_a_spammer_goes_in_one_act_and_comes_back_in_one(spam, marta, lena, heard, write):
    own, theirs = spam
    before = everything()

    made = sweeping.sweep(person=marta, because="Rings everywhere.", by=lena, now=NOW)

    during = everything()
    theirs.refresh_from_db()
    assert (theirs.people_count, theirs.company_count, theirs.reply_count) == (1, 1, 0)
    assert (during["votes"], during["follows"]) == ([], [])
    assert [row[1] for row in during["posts"]] == ["public", "rejected"]
    assert [body for _key, body in during["signals"]] == [
        "What is this about?",
        "Mine goes dark in the rain.",
    ] or {body for _key, body in during["signals"]} == {"What is this about?", "Mine goes dark in the rain."}
    assert cases.reasons_for(Post.objects.get(pk=own.pk)) == ["Rings everywhere."]

    sweeping.undo(sweep=made, by=lena, now=NOW + timedelta(hours=1))
    heard()

    assert everything() == before
    with pytest.raises(CommunityError, match="back already"):
        sweeping.undo(sweep=made, by=lena, now=NOW)


def test_who_was_erased_after_a_sweep_is_not_brought_back(spam, marta, lena):
    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
    erasing.erase(person=marta, now=NOW)

    with pytest.raises(CommunityError, match="erased since"):
        sweeping.undo(sweep=made, by=lena, now=NOW)


def test_what_comes_after_is_read_first_until_it_is_undone(spam, marta, lena, write):
    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
    assert write(marta, title="More").standing == Standing.HELD
    assert cases.reasons_for(Post.objects.latest("pk")) == ["What you wrote before was taken out."]

    sweeping.undo(sweep=made, by=lena, now=NOW)

    assert write(marta, title="And more").standing == Standing.PUBLIC


def test_what_was_judged_since_stays_as_judged_when_all_is_brought_back(spam, marta, lena, priya):
    own, _theirs = spam
    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
    judged(Post.objects.get(pk=own.pk), priya, because="It sells rings.", now=NOW + timedelta(minutes=5))

    sweeping.undo(sweep=made, by=lena, now=NOW + timedelta(hours=1))

    own.refresh_from_db()
    assert (own.standing, own.judged_because) == (Standing.REJECTED, "It sells rings.")


def test_a_merged_post_of_a_spammer_leaves_the_one_it_is_part_of(write, marta, edda, lena, client):
    one, other = write(marta, words="Cheap rings at my place."), write(edda, title="Another")
    merging.merge(post=one, into=other, by=lena, now=NOW)

    made = sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)

    address = reverse("community:post", args=[other.pk, other.slug])
    other.refresh_from_db()
    assert ("Cheap rings" in client.get(address).content.decode(), other.people_count) == (False, 1)
    sweeping.undo(sweep=made, by=lena, now=NOW)
    other.refresh_from_db()
    assert ("Cheap rings" in client.get(address).content.decode(), other.people_count) == (True, 2)


def test_colleagues_are_not_taken_out_and_a_reason_is_needed(marta, lena, priya):
    with pytest.raises(NotAllowed, match="Colleagues"):
        sweeping.sweep(person=priya, because="No.", by=lena, now=NOW)
    with pytest.raises(NothingSaid):
        sweeping.sweep(person=marta, because=" ", by=lena, now=NOW)
    with pytest.raises(NotAllowed, match="Your role"):
        sweeping.sweep(person=marta, because="No.", by=marta, now=NOW)
    assert Sweep.objects.count() == 0


def test_withdrawn_signals_leave_the_records_and_stay_out(spam, marta, lena):
    flushing.flush(now=NOW)
    assert records.snapshot().counts["signals"] == 4

    sweeping.sweep(person=marta, because="Rings.", by=lena, now=NOW)
    work.run_ready()

    assert records.snapshot().counts["signals"] == 2
    assert (
        Signal.objects.count(),
        InboxRow.objects.count(),
        Clock.objects.filter(stopped_at=None).count(),
    ) == (2, 2, 2)
    flushing.flush(now=NOW + timedelta(minutes=5))
    assert records.snapshot().counts["signals"] == 2


CANARY = "Canaria"


@pytest.fixture
def erased(write, person, edda, reply, heard, priya, lena, mixed_talk):
    """Everything somebody can leave here, then erased; the person's number, with what was there before."""
    canary = person("customer", name=f"{CANARY} Bird", account=f"{CANARY}-house")
    User.objects.filter(pk=canary.user_id).update(email="canaria@example.com")
    canary.refresh_from_db()
    answered = write(canary, title=f"{CANARY} asks", words=f"{CANARY} words, in rain.")
    write(canary, title=f"{CANARY} alone", words=f"{CANARY} words, in rain.")
    other = write(edda, kind="idea", title="A hanger")
    merged = write(canary, kind="idea", title=f"{CANARY} hanger", words=f"{CANARY} words, in rain.")
    merging.merge(post=merged, into=other, by=lena, now=NOW)
    reply(other, canary, f"{CANARY} says the same.", same=True)
    reply(answered, edda, "Mine goes dark as well.")
    answering.answer(post=answered, by=priya, what_i_do="service", words="It is fixed.", now=NOW)
    posting.vote(post=other, by=canary, on=True, now=NOW)
    posting.follow(post=other, by=canary, on=True, now=NOW)
    reporting.report(said=other, by=canary, why="other", words=f"{CANARY} words", now=NOW)
    rewording.reword(
        said=answered, title=f"{CANARY} asked", words=f"{CANARY} again, rain.", because="", by=canary, now=NOW
    )
    held = write(canary, title=f"{CANARY} sells", words=f"{CANARY}: buy now at https://rings.shop")
    cases.appeal(said=held, by=canary, words=f"{CANARY} pleads", now=NOW)
    Entry.objects.create(key="k", address="canaria@example.com", name=CANARY, caller="c", made_at=NOW)
    mixed_talk(canary, f"{CANARY} in a talk")
    heard()
    flushing.flush(now=NOW)
    return canary, other


@pytest.fixture
def mixed_talk(lena):
    """Let somebody say a line in a talk."""
    from interlock.converse import services
    from interlock.fabric.contexts import context_for

    def say(somebody, body):
        talk = services.open_conversation(
            context=context_for(kind="team", key="north", label="Shops North"),
            title="Dates", question="Which date?", people=[(lena, "service"), (somebody, "customer")], by=lena, now=NOW,
        )  # fmt: skip
        services.say(conversation=talk, by=somebody, body=body, audience="customer", now=NOW)

    return say


def rows_with(canary: str) -> list[str]:
    """Every table of the database with a row that holds these letters in any column."""
    from django.apps import apps
    from django.db import connection

    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            if any(canary.lower() in str(row).lower() for row in cursor.fetchall()):
                found.append(table)
    assert apps.ready
    return sorted(found)


def test_nothing_of_an_erased_person_is_in_any_row_or_in_the_current_records(erased, heard):
    canary, other = erased
    assert len(rows_with(CANARY)) > 8  # the negative control: what is asked finds them before

    erasing.erase(person=canary, now=NOW)
    work.run_ready()
    heard()
    flushing.flush(now=NOW + timedelta(minutes=5))

    assert rows_with(CANARY) == [], rows_with(CANARY)
    assert CANARY not in str(records.lake().read("signals").to_pydict())
    other.refresh_from_db()
    assert (other.people_count, other.reply_count) == (1, 0)
    assert sorted(Reply.objects.values_list("words", flat=True)) == [
        "It is fixed.",
        "Mine goes dark as well.",
    ]
    assert Message.objects.get().body == ""
    assert Rewording.objects.count() == 0


def test_an_erased_person_keeps_a_number_in_the_journal_and_has_no_way_in(erased, client):
    canary, _other = erased
    client.force_login(canary.user)

    answer = client.post(reverse("community:erase"), {"word": "Erase"})

    assert (answer.status_code, "You are erased" in answer.content.decode()) == (200, True)
    assert client.get(reverse("community:mine")).status_code == 302
    person = Person.objects.get(pk=canary.pk)
    assert (person.name, person.user, User.objects.filter(email="canaria@example.com").count()) == (
        "Somebody who left", None, 0,
    )  # fmt: skip
    assert JournalEntry.objects.filter(actor=person).exists()


def test_signals_by_mail_of_the_same_address_go_as_well(write, marta, heard):
    write(marta)
    heard()
    mine = Signal.objects.get()
    mine.pk, mine.key, mine.contact_key = None, "mail-1", "someone"
    mine.save()
    mine.pk, mine.key = None, "mail-2"
    mine.save()
    ReplyRoute.objects.create(signal_key="mail-1", source=mine.source, address=marta.user.email.upper())
    ReplyRoute.objects.create(signal_key="mail-2", source=mine.source, address="another@example.com")

    erasing.erase(person=marta, now=NOW)

    assert list(Signal.objects.values_list("key", flat=True)) == ["mail-2"]


def test_another_word_and_a_colleague_erase_nothing(client, write, marta, priya):
    write(marta)
    client.force_login(marta.user)
    assert client.post(reverse("community:erase"), {"word": "yes"}).status_code == 422
    client.force_login(priya.user)
    client.post(reverse("community:erase"), {"word": "erase"})

    assert (Post.objects.count(), Person.objects.filter(user=None).count()) == (1, 0)
    with pytest.raises(NotAllowed):
        erasing.erase(person=priya, now=NOW)


def test_no_mail_is_kept_as_a_mark_of_the_address(client, marta):
    client.force_login(marta.user)

    client.post(reverse("community:mail"), {"on": "no"})
    assert no_mail.may_mail(marta.user.email.upper()) is False
    assert marta.user.email not in str(list(NoMail.objects.values()))

    client.post(reverse("community:mail"), {"on": "yes"})
    assert no_mail.may_mail(marta.user.email) is True


def test_a_case_about_what_was_taken_away_is_closed(write, marta):
    post = write(marta, words="Buy now, my cheap rings!")
    from interlock.converse.moderation import taking

    taking.take_away(said=post, by=marta, now=NOW)

    assert (Case.objects.count(), Post.objects.count()) == (0, 0)
    assert JournalEntry.objects.filter(verb="closed a case").count() == 1
