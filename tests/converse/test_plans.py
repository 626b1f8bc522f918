"""How databases go about the questions that every page asks, and the search where much waits to be chosen."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from converse.conftest import NOW

pytestmark = pytest.mark.django_db


def plan_of(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
        return "\n".join(row[3] for row in cursor.fetchall())


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL plans by how many rows there are")
def test_what_waits_for_somebody_is_found_by_their_own_places(mixed):
    from interlock.converse import queries
    from interlock.converse.models import Conversation

    with CaptureQueriesContext(connection) as asked:
        queries.waiting_count(mixed.staff, timezone.now())
    (one,) = asked.captured_queries
    plan, every_live = plan_of(one["sql"]), Conversation.objects.filter(state__in=queries.LIVE_STATES)

    assert "SCAN" not in plan
    assert "conversation_state" not in plan, "that index holds every live conversation"
    assert "converse_participant_person_id" in plan
    assert "person_away" in plan
    assert "conversation_state" in every_live.values("pk").explain(), "the control: what is not to be walked"


def test_who_asked_comes_apart_from_the_open_choices(client, mixed):
    """Joined, PostgreSQL takes the open ones for one and looks at ten thousand people one by one: 2 s."""
    from interlock.converse import services

    services.say(conversation=mixed.talk, by=mixed.maker, body="Mine.", now=NOW)
    for number in range(3):
        services.ask_choice(
            conversation=mixed.talk, by=mixed.staff, question=f"Which carrier {number}?", options=["A", "B"],
            now=NOW,
        )  # fmt: skip
    client.force_login(mixed.staff.user)
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/search/", {"q": "carrier", "kind": "choices"})
    choices = [query["sql"] for query in asked.captured_queries if ' FROM "converse_choice" ' in query["sql"]]

    assert page.content.decode().count(mixed.staff.name) >= 3
    assert len(choices) == 1
    assert '"fabric_person"' not in choices[0]
