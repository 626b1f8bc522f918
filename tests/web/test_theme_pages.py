"""The list of themes, the page of one, and what people change there."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from interlock.converse.models import Conversation
from interlock.listen.models import Theme, ThemedSignal, ThemeState
from interlock.listen.themes import counting, founding
from listen.themed import direction, joined, names_of, theme, weeks
from listen.waiting import NOON, source

pytestmark = pytest.mark.django_db
FEE, BELL = direction(1), direction(0, 1)


@pytest.fixture
def fee(db):
    """A theme with signals of three weeks, counted."""
    made, shop = theme("The new fee", FEE), source()
    for number in range(6):
        joined(
            made, direction(9, 1, number), f"Why a fee {number}?", by=f"a{number}", source=shop,
            at=NOON - weeks(number % 3), product_label="City 3", kind="complaint",
        )  # fmt: skip
    made.quotes = [made.clusters.get().signals.select_related("signal").first().signal.key]
    made.save()
    counting.count(now=NOON)
    return made


def page(theme) -> str:
    return reverse("web:one_theme", args=[theme.key])


def change(theme, what) -> str:
    return reverse("web:change_theme", args=[theme.key, what])


def test_without_themes_the_list_says_what_will_stand_here(signed_in):
    answer = signed_in("observer").get(reverse("web:themes"))
    assert "So many of so many customers speak of" in answer.content.decode()


def test_the_list_shows_a_theme_with_its_figures_and_leads_to_their_rows(signed_in, fee):
    text = signed_in("observer").get(reverse("web:themes")).content.decode()
    assert "The new fee" in text
    assert "about 6 of 6" in text
    assert "61 to 100 in 100" in text
    rows = signed_in("lead").get(f"/signals/?theme={fee.key}").content.decode()
    assert rows.count("Why a fee") == 6


def test_nothing_is_said_of_who_was_let_down_below_five_voices_that_tell(signed_in):
    bell, shop = theme("The bell", BELL), source()
    for number in range(9):
        joined(bell, BELL, f"The bell {number}", by=f"a{number}", source=shop, at=NOON,
               kind="complaint" if number < 4 else "ticket")  # fmt: skip
    counting.count(now=NOON)

    assert "too few to say" in signed_in("observer").get(reverse("web:themes")).content.decode()


def test_only_what_came_later_than_the_rest_is_new(signed_in, fee):
    bell = theme("The bell", BELL, found_at=NOON + timedelta(hours=1))
    joined(bell, BELL, "No bell", source=source())
    counting.count(now=NOON)

    text = signed_in("observer").get(f"{reverse('web:themes')}?show=now").content.decode()

    assert "The bell" in text
    assert text.count(">New</b>") == 1
    assert "The new fee" not in text


def test_what_found_no_theme_leads_to_exactly_those_signals(signed_in, fee):
    for number, (at, likeness) in enumerate([(NOON, 0.1), (NOON, 0.2), (NOON, 0.0), (NOON - weeks(14), 0.1)]):
        one = joined(fee, FEE, f"Alone {number}", at=at)
        ThemedSignal.objects.filter(signal=one).update(cluster=None, likeness=likeness)
    counting.count(now=NOON)
    browser = signed_in("observer")

    listed = browser.get(reverse("web:themes"))

    assert "75 % of 8 signals of the newest 13 weeks found a theme" in listed.text.replace(
        "\u202f", " "
    ).replace("\xa0", " ")
    assert listed.context["lonely"] == "2 found none"
    rows = browser.get(listed.context["lonely_url"])
    assert sorted(one.body for one in rows.context["page"].signals) == ["Alone 0", "Alone 1"]


def test_a_theme_above_its_limit_without_a_decider_says_so_until_somebody_decides(signed_in, fee, person):
    Theme.objects.filter(pk=fee.pk).update(state=ThemeState.EMERGING, state_since=NOON)
    anna = person("lead", "finance", name="Anna Berg")
    browser = signed_in("contributor")
    assert (
        "One theme is above its limit; nobody decides." in browser.get(reverse("web:themes")).content.decode()
    )

    values = {
        "question": "Do we keep the fee?",
        "decider": anna.pk,
        "decide_by": "2099-04-01",
        "function": "finance",
    }
    browser.post(reverse("web:theme_decision", args=[fee.key]), values)
    listed = browser.get(reverse("web:themes")).content.decode()
    assert "each has somebody who decides" in listed
    assert "Anna Berg decides" in listed
    assert "No decider yet" not in browser.get(page(fee)).content.decode()


def test_what_was_decided_is_said_on_the_page_shown_and_taken_back(signed_in, fee, person):
    browser = signed_in("lead", "finance")
    asked = {"question": "Do we keep it?", "decider": browser.person.pk, "decide_by": "2099-04-01"}
    Theme.objects.filter(pk=fee.pk).update(state=ThemeState.OUTCRY)
    decided = reverse("web:decide_theme", args=[fee.key])
    assert "Write first which question" in browser.post(decided, {"decision": "Drop it"}).content.decode()
    browser.post(reverse("web:theme_decision", args=[fee.key]), asked)
    assert "above its limit and being decided" in browser.get(page(fee)).content.decode()

    shown = browser.post(decided, {"decision": "We drop the fee."}, follow=True).content.decode()
    assert "We drop the fee." in shown
    assert "it is mended when fewer say it" in shown

    browser.post(decided, {"take_back": "1"})
    assert Theme.objects.get(pk=fee.pk).decision == ""


def test_its_trend_and_its_numbers_are_attached_as_they_stand(signed_in, fee):
    import re

    from interlock.converse.talks import exhibiting

    browser = signed_in("lead", "sales")
    tokens = re.findall(r'name="shown" value="([^"]+)"', browser.get(page(fee)).text)
    trend, numbers = (exhibiting.seen_in(token, browser.person) for token in tokens)

    assert (len(trend.rows) > 2, trend.address, numbers.address) == (True, page(fee), page(fee))
    assert numbers.rows[0] == ["signals", "6", ""]


def test_a_decider_without_a_question_is_refused_and_the_words_stay(signed_in, fee, person):
    anna = person("lead", "finance", name="Anna Berg")
    answer = signed_in("lead").post(reverse("web:theme_decision", args=[fee.key]), {"decider": anna.pk})
    assert answer.status_code == 422
    assert "Write the question that Anna Berg is to decide." in answer.content.decode()


def test_a_merge_by_mistake_is_taken_back_from_the_page(signed_in, fee):
    bell = theme("The bell", BELL)
    ring = joined(bell, BELL, "No bell", source=source())
    browser = signed_in("contributor")

    answer = browser.post(change(bell, "merge"), {"into": fee.key}, follow=True)
    assert names_of(ring) == ["The new fee"]
    assert "Merged into “The new fee”." in answer.content.decode()
    assert browser.get(page(bell)).url == page(fee)

    undone = reverse("web:undo_theme_change", args=[fee.changes.get().pk])
    answer = browser.post(undone, follow=True)
    assert names_of(ring) == ["The bell"]
    assert "Taken back" in answer.content.decode()


def test_what_is_refused_is_said_and_changes_nothing(signed_in, fee):
    theme("The bell", BELL)
    browser = signed_in("contributor")
    answer = browser.post(change(fee, "rename"), {"name": "The bell"}, follow=True)
    assert "There is a theme “The bell” already." in answer.content.decode()
    assert Theme.objects.get(pk=fee.pk).name == "The new fee"


def test_examples_ticked_on_the_page_are_split_off(signed_in, fee):
    signals = [
        one.signal for one in fee.clusters.get().signals.select_related("signal").order_by("signal_id")
    ]
    browser = signed_in("contributor")
    browser.post(change(fee, "split"), {"name": "Late fee", "example": [signals[-1].pk]})
    born = Theme.objects.get(name="Late fee")
    assert names_of(signals[0], signals[-1]) == ["The new fee", "Late fee"]
    assert "split off" in browser.get(page(born)).content.decode()


def test_a_muted_theme_leaves_the_list_and_is_found_under_its_tab(signed_in, fee):
    browser = signed_in("contributor")
    browser.post(change(fee, "mute"))
    assert "The new fee" not in browser.get(f"{reverse('web:themes')}?show=all").content.decode()
    assert "The new fee" in browser.get(f"{reverse('web:themes')}?show=muted").content.decode()


def test_functions_are_connected_about_a_theme(signed_in, fee, person):
    anna = person("lead", "finance", name="Anna Berg")
    browser = signed_in("contributor", "service")
    url = reverse("web:talk_about_theme", args=[fee.key])
    assert "Anna Berg, Finance" in browser.get(url).content.decode()

    values = {
        "people": [f"{anna.pk}:finance"], "question": "Do we keep the fee?", "purpose": "Fewer voices",
        "due": "2099-01-01",
    }  # fmt: skip
    answer = browser.post(url, values)
    talk = Conversation.objects.get()
    assert answer.url == reverse("converse:conversation", args=[talk.pk])
    assert (talk.context.kind, talk.context.key) == ("theme", fee.key)
    assert "Do we keep the fee?" in browser.get(page(fee)).content.decode()


def test_all_rows_come_as_a_file(signed_in, fee):
    text = signed_in("contributor").get(reverse("web:themes_csv")).content.decode()
    assert text.splitlines()[1].startswith(f"{fee.key},The new fee,,quiet,,,,6,6,6,6.0,6,0.61,1.0,")


def test_the_list_asks_as_much_for_one_theme_as_for_thirty(signed_in, fee, django_assert_max_num_queries):
    shop = source()
    for number in range(30):
        joined(theme(f"theme {number}", direction(1, number)), direction(1, number), source=shop)
    counting.count(now=NOON)
    browser = signed_in("observer")
    browser.get(reverse("web:themes"))
    with django_assert_max_num_queries(22):
        browser.get(f"{reverse('web:themes')}?show=few")


def test_a_theme_that_is_not_there_is_not_found(signed_in):
    assert signed_in("owner").get(reverse("web:one_theme", args=["no-such"])).status_code == 404


def test_a_theme_that_was_noticed_as_new_says_so_and_can_be_refused(signed_in, fee):
    shop = fee.clusters.get().signals.first().signal.source
    new = [
        joined(fee, direction(1, 9, number / 9), f"The bell is silent {number}", by=f"b{number}", source=shop)
        for number in range(6)
    ]
    prepared = founding.prepared([one.pk for one in new])
    born = founding.found(prepared, looked_to=new[-1].pk, now=NOON + weeks(0.01))
    counting.count(now=NOON)
    browser = signed_in("contributor")

    shown = browser.get(page(born)).content.decode()
    assert "Noticed as something new in 6 signals" in shown
    assert "It is no theme of its own" in shown
    assert "noticed 2" in shown
    assert "New</b>" in browser.get(reverse("web:themes")).content.decode()

    change = born.changes.get()
    browser.post(reverse("web:undo_theme_change", args=[change.pk]))
    assert names_of(*new) == [fee.name] * 6
    assert browser.get(page(born)).headers["Location"] == page(fee)
