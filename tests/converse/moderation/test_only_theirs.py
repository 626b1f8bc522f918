"""Erasing somebody takes what is theirs, and leaves what others typed, what is ours, and what is written meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from converse.community.conftest import NOW
from converse.moderation.test_leaving import rows_with
from interlock.converse import services
from interlock.converse.models import Commitment, Post, Story
from interlock.converse.moderation import erasing
from interlock.fabric import scrubbing
from interlock.fabric.contexts import context_for
from interlock.fabric.models import Context, Organisation, Person, Team
from interlock.fabric.scrubbing import Traces
from interlock.listen.models import CustomerWorth, Source, Theme

pytestmark = pytest.mark.django_db
ALIKE = "The display goes dark as soon as it rains."
GONE = "[words of somebody who asked to be forgotten]"
SOMEBODY = "somebody who asked to be forgotten"


def test_a_sentence_that_two_typed_alike_goes_from_one_and_from_quotes(write, reply, marta, edda, lena):
    theirs = write(marta, title="Rain", words=f"Hello. {ALIKE}")
    other = write(edda, title="Also rain", words=f"{ALIKE} Mine is red.")
    quoting = reply(theirs, edda, f"> {ALIKE}\n\n{ALIKE} So does mine.")
    inline = reply(theirs, edda, f"You said “{ALIKE}”, and I agree.")
    theme = Theme.objects.create(key="t", name="Rain", began_at=NOW, found_at=NOW)
    story = Story.objects.create(
        theme=theme, said=ALIKE, did="A hood.", decided_at=NOW, customers=1, first_said_at=NOW, shown_by=lena,
        shown_at=NOW,
    )  # fmt: skip

    erasing.erase(person=marta, now=NOW)

    for one in (theirs, other, quoting, inline, story):
        one.refresh_from_db()
    assert (theirs.words, other.words) == ("", f"{ALIKE} Mine is red.")
    assert quoting.words == f"> {GONE}\n\n{ALIKE} So does mine."
    assert inline.words == f"You said “{GONE}”, and I agree."
    assert story.said == GONE


def test_names_of_sources_teams_and_organisations_stay_though_somebody_is_called_so(person, write, edda):
    named = person("customer", name="Nora Quist")
    source = Source.objects.create(key="q", name="Nora Quist", made_at=NOW)
    team = Team.objects.create(key="n", name="Shop of Nora Quist", function="service")
    partner = Organisation.objects.create(key="p", name="Nora Quist GmbH")
    other = write(edda, words="Nora Quist GmbH is closed, so I asked Nora Quistland. I did.")
    theirs = person("customer", name="Otto Brand")
    called = write(edda, words="Otto Brand told me so.")

    erasing.erase(person=named, now=NOW)
    erasing.erase(person=theirs, now=NOW)

    for one in (source, team, partner, other, called):
        one.refresh_from_db()
    assert (source.name, team.name, partner.name) == ("Nora Quist", "Shop of Nora Quist", "Nora Quist GmbH")
    assert other.words == "Nora Quist GmbH is closed, so I asked Nora Quistland. I did."
    assert called.words == f"{SOMEBODY} told me so."


def test_a_name_stays_only_within_what_is_ours():
    traces = Traces(("Nora Quist",), ours=("Nora Quist GmbH",))

    assert traces.without("nora quist gmbh and Nora Quist, (NORA QUIST)") == (
        f"nora quist gmbh and {SOMEBODY}, ({SOMEBODY})"
    )


def test_what_a_guest_promised_goes_and_the_promise_stays(person, lena):
    guest = person("customer", name="Ana Silva")
    talk = services.open_conversation(
        context=context_for(kind="team", key="north", label="North"), title="Dates", question="Which?",
        people=[(lena, "service"), (guest, "customer")], by=lena, now=NOW,
    )  # fmt: skip
    mine = services.commit(
        conversation=talk, by=guest, what="canarium sent by me", owner=guest, due=NOW.date(), now=NOW,
        audience="customer", link="https://example.com/canarium",
    )  # fmt: skip
    services.postpone(
        commitment=mine, by=guest, due=NOW.date() + timedelta(days=3), why="canarium is late", now=NOW
    )
    services.settle_commitment(commitment=mine, by=guest, state="dropped", why="canarium broke", now=NOW)
    before = rows_with("canarium")

    erasing.erase(person=guest, now=NOW)

    assert {"converse_commitment", "converse_postponement"} <= set(before)
    assert rows_with("canarium") == []
    kept = Commitment.objects.get()
    assert (kept.what, kept.why, kept.link, kept.state) == (GONE, "", "", "dropped")


@pytest.mark.django_db(transaction=True)
def test_what_is_written_meanwhile_is_not_lost(write, edda):
    """Somebody else has the row open when it is scrubbed: what they keep is scrubbed, and not what was there before."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one transaction write at a time")
    post = write(edda, words="Otto Brand said so.")
    traces = Traces(("Otto Brand",))
    found, scrubbed = scrubbing.rows_with(traces), []

    def scrub() -> None:
        with transaction.atomic():
            scrubbed.append(scrubbing.take_out(found, traces))
        connections.close_all()

    with transaction.atomic():
        Post.objects.filter(pk=post.pk).update(words="Otto Brand said so, and I as well.")
        thread = threading.Thread(target=scrub)
        thread.start()
        wait_until_somebody_waits()
    thread.join()

    post.refresh_from_db()
    assert post.words == f"{SOMEBODY} said so, and I as well."


def wait_until_somebody_waits(unless: Callable[[], bool] = lambda: False) -> None:
    """Until PostgreSQL says that another connection waits for this one, or there is nothing to wait for."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if unless():
            return
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waited for the row within 120 s.")


def test_two_are_erased_whose_accounts_are_called_by_their_addresses(person):
    for number, name in enumerate(("Otto Brand", "Nora Quist")):
        address = person("customer", name=name).user.email
        CustomerWorth.objects.create(customer=number, account_key=address, band="0")
        context_for(kind="account", key=address, label=name)

    for name in ("Otto Brand", "Nora Quist"):
        erasing.erase(person=Person.objects.get(name=name), now=NOW)

    for model, column in ((Context, "key"), (CustomerWorth, "account_key")):
        keys = model.objects.values_list(column, flat=True)
        assert sorted(keys) == sorted(f"{SOMEBODY} ({one.pk})" for one in model.objects.all())
    assert set(Context.objects.values_list("label", flat=True)) == {SOMEBODY}
