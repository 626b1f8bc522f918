"""How far signals came: decided, done, told, confirmed; by hand, by theme and by function."""

from __future__ import annotations

import pytest
from django.urls import reverse

from converse.loop.conftest import DAY, NOW
from converse.loop.test_closing import tell
from interlock.converse import services
from interlock.converse.loop import counting, courses, reading
from interlock.converse.models import LoopCount, LoopCourse
from interlock.fabric.contexts import context_for
from interlock.listen import following, stages
from interlock.listen.answers import rounds
from interlock.listen.models import Answer, AnsweredSignal, Sending
from interlock.listen.tasks import learn_themes
from interlock.listen.themes import deciding, editing
from listen.themed import direction, theme
from listen.waiting import opened

pytestmark = pytest.mark.django_db


def answered(signal, by, at):
    one = Answer.objects.create(author=by, text="Fixed.", made_at=at, state=Sending.SENT, sent_at=at)
    AnsweredSignal.objects.create(answer=one, signal_key=signal.key)


def counted(theme, block=0) -> dict[str, int]:
    counting.count(now=NOW)
    found = LoopCount.objects.filter(theme=theme, block=block).values().get()
    return {name: found[name] for name in ("heard", "decided", "done", "told", "confirmed", "refused")}


def test_only_what_was_said_before_the_decision_counts_as_decided(hinge):
    assert counted(hinge.theme) == {
        "heard": 5, "decided": 4, "done": 0, "told": 0, "confirmed": 0, "refused": 0,
    }  # fmt: skip


def test_an_answer_tells_only_after_the_decision(hinge):
    answered(hinge.early[0], hinge.lena, NOW - 3 * DAY)
    answered(hinge.early[1], hinge.lena, NOW - DAY)
    answered(hinge.late, hinge.lena, NOW)

    assert counted(hinge.theme)["told"] == 1


def test_it_is_done_when_every_promise_is_kept(hinge, person):
    other = person("contributor", "product", name="Priya Nair")
    talk = services.open_conversation(
        context=context_for(kind="theme", key=hinge.theme.key, label="x"),
        title="Which latch?", people=[(hinge.lena, "service"), (other, "product")], by=hinge.lena, now=NOW,
    )  # fmt: skip
    promise = [
        services.commit(conversation=talk, by=hinge.lena, what=what, owner=other, due=NOW.date(), now=NOW)
        for what in ("Build it", "Ship it")
    ]

    services.settle_commitment(commitment=promise[0], by=hinge.lena, state="kept", now=NOW)
    assert counted(hinge.theme)["done"] == 0
    assert LoopCourse.objects.get().due_on == NOW.date()
    services.settle_commitment(commitment=promise[1], by=hinge.lena, state="kept", now=NOW)
    assert counted(hinge.theme)["done"] == 4
    assert LoopCourse.objects.get().done_at == NOW


def test_a_missed_promise_leaves_it_undone(hinge):
    talk = services.open_conversation(
        context=context_for(kind="theme", key=hinge.theme.key, label="x"),
        title="Which latch?", people=[(hinge.lena, "service")], by=hinge.lena, now=NOW,
    )  # fmt: skip
    for what, state in (("Build it", "kept"), ("Ship it", "missed")):
        one = services.commit(
            conversation=talk, by=hinge.lena, what=what, owner=hinge.lena, due=NOW.date(), now=NOW
        )
        services.settle_commitment(commitment=one, by=hinge.lena, state=state, now=NOW)

    assert counted(hinge.theme)["done"] == 0


def test_a_decision_not_to_do_it_is_done_with_its_words(hinge):
    deciding.take_decision_back(theme=hinge.theme, by=hinge.lena, now=NOW)
    deciding.decide(theme=hinge.theme, decision="Too dear.", is_no=True, by=hinge.lena, now=NOW)

    assert counted(hinge.theme)["done"] == 5


def test_a_yes_closes_every_step_also_where_nothing_was_decided(hinge):
    deciding.take_decision_back(theme=hinge.theme, by=hinge.lena, now=NOW)
    (clock,) = opened(hinge.late, now=NOW)
    answered(hinge.late, hinge.lena, NOW)
    stages.confirm(clock=clock, by=hinge.lena, how="She called.", now=NOW)

    assert counted(hinge.theme) == {
        "heard": 5, "decided": 1, "done": 1, "told": 1, "confirmed": 1, "refused": 0,
    }  # fmt: skip


def test_silence_confirms_nothing(hinge):
    (clock,) = opened(hinge.early[0], now=NOW)
    stages.answered(keys=[hinge.early[0].key], by=hinge.lena, now=NOW, how="mail")
    stages.close_silent(now=NOW + 15 * DAY)
    clock.refresh_from_db()

    assert clock.stage == "closed_silent"
    assert counted(hinge.theme)["confirmed"] == 0


def test_a_conversation_about_the_theme_decides_it_too_and_its_undo_holds(hinge, person):
    other = person("contributor", "product", name="Priya Nair")
    deciding.take_decision_back(theme=hinge.theme, by=hinge.lena, now=NOW)
    talk = services.open_conversation(
        context=context_for(kind="theme", key=hinge.theme.key, label="x"),
        title="Which latch?", purpose="fewer", question="Which?",
        people=[(hinge.lena, "service"), (other, "product")], by=hinge.lena, now=NOW,
    )  # fmt: skip
    for who in (hinge.lena, other):
        services.say(conversation=talk, by=who, body="Steel.", now=NOW)
    services.decide(conversation=talk, by=other, chosen="A steel latch", because="It holds.", now=NOW)
    courses.write()

    assert [(one.decision, one.decided_at) for one in LoopCourse.objects.all()] == [("A steel latch", NOW)]
    assert counted(hinge.theme)["decided"] == 5
    hinge.theme.refresh_from_db()
    deciding.take_decision_back(theme=hinge.theme, by=other, now=NOW)
    assert counted(hinge.theme)["decided"] == 0


def test_a_merged_theme_counts_with_what_it_became(hinge):
    latch = theme("The latch", direction(0, 1))
    editing.merge(theme=hinge.theme, into=latch, by=hinge.lena, now=NOW)

    counting.count(now=NOW)

    assert [(one.theme_id, one.heard) for one in LoopCount.objects.all()] == [(latch.pk, 5)]


def test_the_rows_behind_a_cell_are_as_many_as_it_says(hinge, client):
    answered(hinge.early[1], hinge.lena, NOW - DAY)
    (clock,) = opened(hinge.early[1], now=NOW)
    stages.confirm(clock=clock, by=hinge.lena, how="She called.", now=NOW)
    cells = counted(hinge.theme)
    weeks = reading.weeks_of_block(0, NOW)

    rows = {step: reading.came_so_far(hinge.theme, step, weeks).count() for step in cells}

    assert rows == cells


def test_a_share_has_its_interval_and_is_refused_below_thirty():
    few, many = reading.Closed(heard=29, confirmed=20), reading.Closed(heard=204, confirmed=9)

    assert (few.enough, many.enough) == (False, True)
    assert [round(end, 3) for end in many.ends] == [0.023, 0.082]


def test_the_pages_open_in_few_queries(hinge, client, django_assert_max_num_queries):
    counting.count(now=NOW)
    client.force_login(hinge.lena.user)

    for name, args in (("ledger", []), ("rows", [hinge.theme.key, "decided"])):
        with django_assert_max_num_queries(24):
            page = client.get(reverse(f"loop:{name}", args=args))
        assert page.status_code == 200
    assert client.get(reverse("loop:rows", args=[hinge.theme.key, "elsewhere"])).status_code == 404
    for block in ("99", "9" * 5000):
        assert client.get(reverse("loop:ledger") + f"?block={block}").context["block"] == 0


def test_the_page_of_a_signal_shows_its_six_steps(hinge, client):
    courses.write()
    client.force_login(hinge.lena.user)

    page = client.get(reverse("listen:signal", args=[hinge.early[0].pk])).content.decode()

    line = page[page.index('<ol class="states') :]
    line = line[: line.index("</ol>")]
    assert [name in line for name in ("Heard", "Grouped", "Decided", "Done", "Told", "Confirmed")] == [
        True
    ] * 6
    assert 'aria-current="step">Decided' in line


def test_what_was_taken_back_before_it_left_was_not_decided(hinge):
    letters = tell(hinge)
    rounds.take_back(made=letters.round, by=hinge.lena, now=NOW)
    hinge.theme.refresh_from_db()
    deciding.take_decision_back(theme=hinge.theme, by=hinge.lena, now=NOW)
    courses.write()
    assert LoopCourse.objects.count() == 0


def test_what_customers_were_told_stands_when_the_decision_is_taken_back(hinge):
    tell(hinge)
    hinge.theme.refresh_from_db()
    deciding.take_decision_back(theme=hinge.theme, by=hinge.lena, now=NOW)
    courses.write()
    assert LoopCourse.objects.get().decision == "A second latch, free of charge."


def test_the_whole_loop_is_counted_once_an_import_s_themes_were_found():
    """Else the page says for up to an hour after the first import that nothing found a theme."""
    followers = following.followers()

    assert followers.index(counting.count_loops) == followers.index(learn_themes) + 1
