"""The pages of disconnects on Aldermoor's small sister: rows, votes, bringing together, queries counted."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import asdict
from datetime import date
from types import SimpleNamespace

import pytest

from interlock.analytics import symptoms
from interlock.analytics.coordination import shared_work
from interlock.analytics.drivers import driver_report_json, find_drivers
from interlock.analytics.symptoms import find_symptoms
from interlock.connectors.demo import aldermoor
from interlock.store.contract import TABLES
from interlock.store.engine import open_records
from interlock.store.lake import Lake

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.long,
]  # tests/reconnect/test_detection.py writes on both databases


@pytest.fixture(scope="module")
def analysed(tmp_path_factory):
    """Eight thousand orders of Aldermoor in a lake, with what the rules and drivers say of them, made once."""
    lake = Lake(tmp_path_factory.mktemp("company") / "records")
    tables = aldermoor(orders=8_000)
    with lake.writing(batch_id="b1", source_id="demo") as write:
        for name in TABLES:
            write.upsert(name, tables[name])
    with open_records(lake) as records:
        report = find_symptoms(records)
        yield SimpleNamespace(
            lake=lake,
            records=records,
            report=report,
            drivers=driver_report_json(find_drivers(records)),
            work=[asdict(work) for work in shared_work(records, window=report.window)],
        )


@pytest.fixture(scope="module")
def detected(analysed, module_rows):
    """Its disconnects and drivers recorded, once for all tests."""
    from django.utils import timezone

    from interlock.reconnect.services import detection
    from interlock.reconnect.services.stored import as_json

    snapshot, now = analysed.lake.snapshot(), timezone.now()
    detection.keep_drivers(snapshot, as_json(analysed.drivers), now)
    return detection.record_report(
        report=analysed.report,
        snapshot=snapshot,
        read_rows=lambda query: symptoms.rows(analysed.records, query).to_pyarrow(),
        work=analysed.work,
        now=now,
    )


@pytest.fixture
def company(home, analysed, detected, settings, db):
    """The small company as the product's records, with what was detected in it."""
    from interlock.fabric import records

    settings.RECORDS_FOLDER = analysed.lake.root
    records.forget()
    return type(detected).objects.get(pk=detected.pk)


@pytest.fixture
def dearest(company):
    from interlock.reconnect.models import Disconnect

    return Disconnect.objects.order_by("-worth").first()


def test_detection_keeps_rows_and_drivers_so_that_pages_compute_nothing(company, dearest):
    from interlock.reconnect import queries

    assert company.found >= 1
    assert dearest.sample["all"] == dearest.n
    assert len(dearest.sample["rows"]) == min(4, dearest.sample["hits"])
    assert {row["outcome"] for row in queries.latest_drivers().content["drivers"]} >= {"complaint"}
    assert any(
        {work["function_a"], work["function_b"]} == {"sales", "operations"} for work in company.shared_work
    )


def test_pages_let_their_charts_and_tables_be_attached_by_who_may_bring_people_together(
    company, dearest, signed_in
):
    urls = [f"/disconnects/{dearest.pk}/", "/drivers/"]
    offered = {
        role: [signed_in(role).get(url).text.count("Attach to a conversation") > 0 for url in urls]
        for role in ("contributor", "observer")
    }

    assert offered == {"contributor": [True, True], "observer": [False, False]}


@pytest.mark.slow
@pytest.mark.same_everywhere  # what is written here, test_detection.py writes on both databases
def test_detecting_anew_says_the_same_and_without_new_records_nothing_runs(company):
    from django.utils import timezone

    from interlock.reconnect import services
    from interlock.reconnect.models import Disconnect

    before = list(Disconnect.objects.order_by("pk").values("rule", "context", "x", "n", "state", "sample"))
    unread = services.detect_disconnects(now=timezone.now())
    anew = services.detect_disconnects(now=timezone.now(), again=True)

    assert (unread.pk, unread.ran_at) == (company.pk, company.ran_at)
    assert (anew.pk, anew.shared_work) == (company.pk, company.shared_work)
    assert (
        list(Disconnect.objects.order_by("pk").values("rule", "context", "x", "n", "state", "sample"))
        == before
    )


def test_the_list_states_its_finding_and_takes_a_fixed_number_of_queries(
    company, signed_in, django_assert_max_num_queries
):
    client = signed_in("owner", "customer")
    client.get("/disconnects/")

    with django_assert_max_num_queries(15):
        page = client.get("/disconnects/").content.decode()

    assert re.search(r"disconnects? puts? .* a year at stake", page)
    for view in ("map", "table", "matrix"):
        assert client.get(f"/disconnects/?view={view}&latent=1").status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        "?tab=nonsense&view=nonsense",
        "?function=nobody",
        "?rule=R99",
        "?after=-3",
        "?after=999999",
        f"?after={'9' * 5000}",
        "?text=%00'",
    ],
)
def test_a_foreign_filter_narrows_nothing_and_breaks_nothing(company, signed_in, query):
    assert signed_in("owner").get(f"/disconnects/{query}").status_code == 200


def test_the_page_of_one_disconnect_takes_a_fixed_number_of_queries(
    dearest, signed_in, django_assert_max_num_queries
):
    client = signed_in("owner", "customer")
    client.get(f"/disconnects/{dearest.pk}/")

    with django_assert_max_num_queries(22):
        page = client.get(f"/disconnects/{dearest.pk}/").content.decode()

    assert f'href="/disconnects/{dearest.pk}/rows/' in page
    assert "The same as a table" in page


def test_the_rows_behind_a_number_are_as_many_as_the_number_says(dearest, signed_in):
    client = signed_in("owner")

    answer = client.get(f"/disconnects/{dearest.pk}/rows/hits.csv")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert len(rows) == dearest.sample["hits"]
    assert {row["hit"] for row in rows} == {"1"}


def test_rows_are_ordered_by_the_column_asked_for_on_every_page(dearest, signed_in):
    from interlock.reconnect.record_rows import row_page

    name = next(
        column for column in dearest.sample["columns"] if column == "amount" or column.startswith("days_")
    )
    up = row_page(dearest, "all", reader=None, sort=name)
    down = row_page(dearest, "all", reader=None, sort=name, descending=True)

    place = [column.name for column in up.columns].index(name)
    values = [row[place] for row in up.rows if row[place] is not None]
    assert values == sorted(values)
    assert next(row[place] for row in down.rows if row[place] is not None) >= values[-1]
    client = signed_in("owner")
    for number in ("2", "9" * 5000):
        address = f"/disconnects/{dearest.pk}/rows/all/?sort=-{name}&page={number}"
        assert client.get(address).status_code == 200


def test_rows_and_their_file_are_for_those_who_may(dearest, signed_in):
    observer = signed_in("observer")
    seen = [
        observer.get(f"/disconnects/{dearest.pk}/rows/all/").status_code,
        observer.get(f"/disconnects/{dearest.pk}/rows/all.csv").status_code,
        observer.get(f"/disconnects/{dearest.pk}/rows/everything/").status_code,
    ]

    assert seen == [200, 403, 404]


def test_voting_and_dismissing_offer_to_be_taken_back(dearest, signed_in):
    client = signed_in("lead", "service")
    address = f"/disconnects/{dearest.pk}/"

    voted = client.post(f"{address}judge/", {"useful": "no"}, follow=True).content.decode()
    dismissed = client.post(f"{address}dismiss/", {"reason": "known"}, follow=True).content.decode()
    client.post(f"{address}dismiss/undo/")

    dearest.refresh_from_db()
    assert f'action="{address}judge/undo/"' in voted
    assert f'action="{address}dismiss/undo/"' in dismissed
    assert (dearest.state, dearest.judgements.get().useful) == ("detected", False)


def test_bringing_together_freezes_the_rows_and_opens_one_conversation(dearest, signed_in, person):
    from interlock.converse.models import Conversation
    from interlock.fabric.evidence import reproduce

    client = signed_in("owner", "customer")
    asked = {function: person("lead", function) for function in dearest.pair if function != "customer"}
    address = f"/disconnects/{dearest.pk}/together/"
    answer = client.post(
        address,
        {
            "people": [f"{who.pk}:{function}" for function, who in asked.items()],
            "question": "Which date may we promise?",
            "purpose": "late per 100",
            "due": date(2030, 1, 1).isoformat(),
            "safety": "stated",
        },
    )

    dearest.refresh_from_db()
    conversation = Conversation.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/conversations/{conversation.pk}/")
    assert (dearest.conversation, dearest.safety) == (conversation, "stated")
    assert {one.person for one in conversation.participants.all()} == {*asked.values(), client.person}
    assert conversation.evidence.row_count == dearest.sample["all"]
    assert reproduce(conversation.evidence) == reproduce(conversation.evidence)
    check = client.get(f"/conversations/{conversation.pk}/evidence/").content.decode()
    assert "byte for byte" in check


def test_a_talk_that_lacks_one_of_the_two_functions_says_so_and_lets_it_be_invited(
    dearest, signed_in, person
):
    first, second = dearest.pair
    client = signed_in("owner", "customer")
    asked = person("lead", first)
    client.post(
        f"/disconnects/{dearest.pk}/together/",
        {
            "people": [f"{asked.pk}:{first}"],
            "question": "Which date may we promise?",
            "purpose": "late per 100",
            "due": date(2030, 1, 1).isoformat(),
            "safety": "stated",
        },
    )

    page = client.get(f"/disconnects/{dearest.pk}/").content.decode()

    assert "They are brought together" not in page
    assert page.count("is in the talk yet") == 1
    assert f'name="function" value="{second}"' in page


def test_nobody_is_convened_without_a_word_on_safety(dearest, signed_in):
    from interlock.converse.models import Conversation

    answer = signed_in("owner", "customer").post(
        f"/disconnects/{dearest.pk}/together/",
        {"question": "Which?", "purpose": "late", "due": "2030-01-01"},
    )

    assert answer.status_code == 422
    assert Conversation.objects.count() == 0


def test_an_invitation_link_for_a_missing_function_is_shown_once(dearest, signed_in):
    from interlock.fabric.models import Invitation

    page = signed_in("owner").post(f"/disconnects/{dearest.pk}/invite/", {"function": "product"})

    invitation = Invitation.objects.get()
    token = re.search(r"/welcome/([\w-]+)/", page.content.decode()).group(1)
    assert invitation.functions == ["product"]
    assert token not in invitation.token_hash


def test_drivers_are_told_in_sentences_and_nothing_is_computed(
    company, signed_in, django_assert_max_num_queries
):
    client = signed_in("observer")
    client.get("/drivers/")

    with django_assert_max_num_queries(12):
        page = client.get("/drivers/").content.decode()

    assert "times in 100" in page
    assert "What we cannot see yet" in page


def test_rows_in_memory_come_in_the_order_of_the_records(dearest, monkeypatch):
    from interlock.reconnect import record_rows

    few = record_rows.row_page(dearest, "hits", reader=None, sort="order_id", descending=True)
    monkeypatch.setattr(record_rows, "KEPT_ROWS", -1)
    from_the_records = record_rows.row_page(dearest, "hits", reader=None, sort="order_id", descending=True)

    assert few == from_the_records
    assert few.total == dearest.sample["hits"]


@pytest.mark.parametrize(
    "page", ["", "{pk}/", "{pk}/rows/all/", "{pk}/rows/hits/?sort=-order_id", "{pk}/together/"]
)
def test_pages_of_disconnects_ask_few_questions_of_the_database(
    signed_in, dearest, page, django_assert_max_num_queries
):
    client = signed_in("lead")
    address = "/disconnects/" + page.format(pk=dearest.pk)
    client.get(address)

    with django_assert_max_num_queries(22):
        assert client.get(address).status_code == 200
