"""Themes as evidence of disconnects: cited where customers speak of them more than elsewhere, both ways."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from django.urls import reverse

from interlock.converse.services import open_conversation, say
from interlock.fabric.contexts import context_for
from interlock.listen import signal_copies
from interlock.listen.models import Cluster, Signal, Source, ThemedSignal
from interlock.listen.themes import editing
from interlock.reconnect import services
from interlock.reconnect.errors import RowsGone
from interlock.reconnect.models import CitedTheme, Disconnect, State
from interlock.reconnect.record_rows import named_by_hits
from interlock.reconnect.services.citing import Share, cited
from listen.themed import direction, joined, theme
from listen.waiting import source
from reconnect.conftest import NOW

SAID = datetime(2026, 11, 2, 12, tzinfo=UTC)


@pytest.fixture
def themes(disconnect):
    """Of 40 voices about the rows 20 say "late", and of 200 about other orders 20; the others say "bell"."""
    late, bell, shop = theme("Late", direction(1)), theme("Bell", direction(0, 1)), source()
    for number in range(240):
        about, is_late = number < 40, number < 20 or 40 <= number < 60
        joined(
            late if is_late else bell, direction(1) if is_late else direction(0, 1), f"words {number}",
            by=f"a{number}", at=SAID, source=shop, order_key=f"A-{number % 3}" if about else f"B-{number}",
        )  # fmt: skip
    return late, bell


def of_orders(_disconnect, column: str, most: int) -> list[str]:
    return [f"A-{number}" for number in range(3)][:most] if column == "order_id" else []


def told() -> list[tuple]:
    return [(one.theme.name, one.x, one.n, one.usual) for one in CitedTheme.objects.select_related("theme")]


@pytest.mark.django_db
def test_a_theme_heard_more_about_the_rows_than_elsewhere_is_cited(themes):
    assert services.cite_themes(now=NOW, named=of_orders) == 1

    assert told() == [("Late", 20, 40, pytest.approx(40 / 240))]
    one = CitedTheme.objects.get()
    assert one.low < 0.5 < one.high


@pytest.mark.django_db
def test_one_customer_who_writes_fifty_times_is_one_voice(disconnect):
    late, bell, shop = theme("Late", direction(1)), theme("Bell", direction(0, 1)), source()
    for number in range(60):
        joined(late, direction(1), "late", by="a1", at=SAID, source=shop, order_key="A-1")
        joined(
            bell, direction(0, 1), f"bell {number}", by=f"b{number}", at=SAID, source=shop, order_key="A-1"
        )

    assert services.cite_themes(now=NOW, named=of_orders) == 0


@pytest.mark.django_db
def test_rows_that_are_signals_are_found_by_their_own_key(themes):
    keys = list(ThemedSignal.objects.filter(cluster__theme=themes[0]).values_list("signal__key", flat=True))

    services.cite_themes(now=NOW, named=lambda _one, column, _most: keys if column == "signal_id" else [])

    assert told() == [("Late", 40, 40, pytest.approx(40 / 240))]


@pytest.mark.django_db
def test_signals_about_another_line_of_the_order_say_nothing_of_the_row(themes):
    Signal.objects.filter(order_key="A-1").update(line_key="other line")

    def with_lines(one, column, most):
        return ["line 1"] if column == "line_id" else of_orders(one, column, most)

    services.cite_themes(now=NOW, named=with_lines)

    assert [row[2] for row in told()] == [27]


@pytest.mark.django_db
@pytest.mark.parametrize("state", [State.DISMISSED, State.FADED, State.RESOLVED])
def test_what_is_closed_or_has_lost_its_rows_cites_nothing(themes, state):
    services.cite_themes(now=NOW, named=of_orders)
    Disconnect.objects.update(state=state)
    assert services.cite_themes(now=NOW, named=of_orders) == 0

    def gone(*_asked):
        raise RowsGone("no longer kept")

    Disconnect.objects.update(state=State.DETECTED)
    assert (services.cite_themes(now=NOW, named=gone), told()) == (0, [])


@pytest.mark.django_db
def test_both_pages_lead_to_each_other_also_after_a_merge(signed_in, themes, disconnect, person):
    services.cite_themes(now=NOW, named=of_orders)
    late, bell = themes
    client = signed_in("observer")

    page = client.get(reverse("reconnect:disconnect", args=[disconnect.pk])).text
    assert f'href="{reverse("web:one_theme", args=[late.key])}">“Late”</a>' in page
    assert "20 of 40 voices about the rows with harm" in page
    link = f'href="{reverse("reconnect:disconnect", args=[disconnect.pk])}"'
    assert link in client.get(reverse("web:one_theme", args=[late.key])).text
    assert link not in client.get(reverse("web:one_theme", args=[bell.key])).text

    editing.merge(theme=late, into=bell, by=person("lead", "sales"), now=NOW)

    assert "“Bell”" in client.get(reverse("reconnect:disconnect", args=[disconnect.pk])).text
    assert link in client.get(reverse("web:one_theme", args=[bell.key])).text


@pytest.mark.slow
@pytest.mark.django_db
def test_the_rows_of_the_records_name_their_orders_and_are_counted(demo_records):
    services.detect_disconnects(now=NOW)
    Source.objects.create(key="demo", name="Aldermoor (demo)", kind="demo", made_at=NOW)
    signal_copies.sync()
    rows = {one: named_by_hits(one, "order_id", 500) for one in Disconnect.objects.order_by("pk")}
    found, orders = max(rows.items(), key=lambda item: Signal.objects.filter(order_key__in=item[1]).count())
    late, rest = theme("Late", direction(1)), theme("Rest", direction(0, 1))
    groups = {True: Cluster.objects.get(theme=late), False: Cluster.objects.get(theme=rest)}
    ThemedSignal.objects.bulk_create(
        ThemedSignal(
            signal=one, cluster=groups[one.order_key in orders], occurred_at=one.occurred_at, week=3000,
            voice=one.pk, let_down=False,
        )
        for one in Signal.objects.all()
    )  # fmt: skip

    services.cite_themes(now=NOW)

    assert [one.theme.name for one in found.cited_themes.all()] == ["Late"]


def worlds(rng: np.random.Generator, times: float) -> list[Share]:
    """Twenty disconnects and ten themes of equal usual share; of one theme they hear `times` as much."""
    return [
        Share(Disconnect(pk=number), place, int(rng.binomial(200, 0.1 * (times if place == number == 0 else 1))), 200, 0.1)
        for number in range(20)
        for place in range(10)
    ]  # fmt: skip


@pytest.mark.slow
def test_where_no_theme_is_heard_more_hardly_a_world_cites_any():
    rng = np.random.default_rng(5)
    noise = [worlds(rng, 1) for _world in range(200)]

    citing = sum(bool(cited(shares)) for shares in noise)
    unchecked = sum(any(share.x > 26 for share in shares) for shares in noise)  # one test alone: p below .10

    assert citing <= 26  # 10 in 100 of 200 worlds, and two standard errors
    assert unchecked == 200


@pytest.mark.slow
def test_a_theme_heard_three_times_as_much_is_cited_in_nearly_every_world():
    rng = np.random.default_rng(6)

    found = [{(one.disconnect.pk, one.theme) for one in cited(worlds(rng, 3))} for _world in range(100)]

    assert sum((0, 0) in world for world in found) >= 99


@pytest.mark.django_db
def test_the_page_says_which_functions_a_theme_concerns_and_from_where_it_knows(signed_in, themes, person):
    late, bell = themes
    services.cite_themes(now=NOW, named=of_orders)
    lead, maker = person("lead", "sales"), person("contributor", "finance")
    talk = open_conversation(
        context=context_for(kind="theme", key=late.key, label=late.name), title="Late", by=lead, now=NOW,
        functions=["sales", "finance"], people=[(lead, "sales"), (maker, "finance")],
    )  # fmt: skip
    say(conversation=talk, by=lead, body="Which date holds?", now=NOW)
    client = signed_in("observer")

    page = client.get(reverse("web:one_theme", args=[late.key])).context

    rests = "a disconnect that rests on it"
    assert {one.name: one.because for one in page["concerned"]} == {
        "Sales": [rests, "has written about it"],
        "Production": [rests],
        "Finance": ["was asked and has not written yet"],
    }
    nothing = client.get(reverse("web:one_theme", args=[bell.key]))
    assert nothing.context["concerned"] == []
    assert "Nothing says so far whose work it touches" in nothing.text
