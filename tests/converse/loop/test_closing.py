"""Customers are told what was decided: the right people, once, in their language, and taken back until it left."""

from __future__ import annotations

import re
import uuid

import pytest
from django.urls import reverse

from converse.loop.conftest import DAY, NOW, deliver_all
from interlock.converse.loop import closing, counting
from interlock.converse.loop.errors import NothingToTell
from interlock.converse.models import Closure, LoopCount, ToldPerson
from interlock.fabric import no_mail
from interlock.listen.answers import rounds
from interlock.listen.models import Answer, Clock, Intent, Signal, Understood
from interlock.listen.themes import deciding
from listen.waiting import opened

pytestmark = pytest.mark.django_db
LATER = NOW + rounds.SENDS_AFTER


def tell(hinge, *to, texts=None, reference=None, now=NOW):
    course = closing.course_of(hinge.theme)
    made = closing.tell(
        theme=hinge.theme,
        decided_at=course.decided_at,
        by=hinge.lena,
        texts=texts or {"en": "A second latch, free."},
        to={one.pk for one in to or hinge.early},
        reference=reference or uuid.uuid4(),
        now=now,
    )
    rounds.write_answers(round_id=made.round_id, now=now)
    return made


def planned(hinge):
    return closing.plan(closing.course_of(hinge.theme))


def test_everybody_who_spoke_before_it_was_decided_is_told_by_their_own_channel(hinge, foreign):
    assert [one.signal.body for one in planned(hinge).people] == [
        f"My hinge opened, {name}." for name in ("noa", "mo", "lee", "kim")
    ]
    tell(hinge)
    deliver_all(foreign, LATER - rounds.SENDS_AFTER / 2)
    assert foreign.kept == []
    deliver_all(foreign, LATER)
    deliver_all(foreign, LATER + DAY)

    assert [route.thread for _answers, route, _letter in foreign.kept] == [
        f"talk My hinge opened, {name}." for name in ("noa", "mo", "lee", "kim")
    ]
    counting.count(now=NOW)
    assert LoopCount.objects.get().told == 4
    assert planned(hinge).people == []


def test_each_letter_has_two_links_of_its_own_that_lead_to_one_page(hinge, foreign):
    tell(hinge)
    deliver_all(foreign, LATER)

    texts = [letter.text for _answers, _route, letter in foreign.kept]
    links = [re.findall(r"http://\S+/told/(\S+)/\?say=(yes|no)", text) for text in texts]
    assert [[say for _key, say in two] for two in links] == [["yes", "no"]] * 4
    assert len({key for two in links for key, _say in two}) == 4
    assert {key for two in links for key, _say in two} == set(
        ToldPerson.objects.values_list("key", flat=True)
    )
    assert texts[0].startswith("A second latch, free.\n\nDoes this solve it?\nYes, this solved it: ")


def test_no_colleague_and_no_later_draft_holds_a_link_of_a_customer(hinge, foreign, client):
    tell(hinge)
    deliver_all(foreign, LATER)
    client.force_login(hinge.lena.user)

    page = client.get(reverse("listen:signal", args=[hinge.early[0].pk])).content.decode()

    assert set(Answer.objects.values_list("text", flat=True)) == {"A second latch, free."}
    assert not any(key in page for key in ToldPerson.objects.values_list("key", flat=True))
    assert all("/told/" in letter.text for _answers, _route, letter in foreign.kept)


def test_each_reads_their_own_language_where_somebody_wrote_it(hinge, foreign):
    for one, language in zip(hinge.early, ("de", "fr", "en", "de"), strict=True):
        intents = dict.fromkeys(Intent.values, False)
        Understood.objects.create(
            signal=one, language=language, sentiment="neutral", copy_hash=0, version="1", **intents
        )

    assert planned(hinge).languages == ["en", "de", "fr"]
    tell(hinge, texts={"en": "A latch.", "de": "Ein Riegel.", "fr": ""})
    deliver_all(foreign, LATER)

    told = {route.thread: letter.text for _answers, route, letter in foreign.kept}
    starts = [told[f"talk {one.body}"].split("\n")[0] for one in hinge.early]
    assert starts == ["Ein Riegel.", "A latch.", "A latch.", "Ein Riegel."]
    assert "Ja, damit ist es gelöst" in told[f"talk {hinge.early[0].body}"]
    assert "Oui, c’est résolu" in told[f"talk {hinge.early[1].body}"]


def test_the_same_form_sent_twice_is_one_closure_and_one_letter_each(hinge, foreign):
    form = uuid.uuid4()

    assert tell(hinge, reference=form).pk == tell(hinge, reference=form).pk
    deliver_all(foreign, LATER)

    assert (Closure.objects.count(), len(foreign.kept)) == (1, 4)


def test_two_who_tell_at_once_tell_nobody_twice(hinge, foreign):
    tell(hinge, hinge.early[0], hinge.early[1])
    tell(hinge, hinge.early[2], hinge.early[3])
    with pytest.raises(NothingToTell, match="None of these people"):
        tell(hinge, hinge.early[0])
    deliver_all(foreign, LATER)

    assert len(foreign.kept) == 4


def test_taken_back_nobody_is_told_and_all_can_be_told_again(hinge, foreign, client):
    made = tell(hinge)
    key = ToldPerson.objects.values_list("key", flat=True).first()

    rounds.take_back(made=made.round, by=hinge.lena, now=NOW)
    deliver_all(foreign, LATER)

    assert foreign.kept == []
    assert client.get(reverse("loop:answer", args=[key])).status_code == 404
    assert len(planned(hinge).people) == 4


def test_a_person_who_spoke_twice_reads_it_once(hinge, foreign):
    hinge.says("And again.", "kim", NOW - 8 * DAY)

    people = {one.signal.contact_key: len(one.also) for one in planned(hinge).people}
    assert people == {"kim": 1, "lee": 0, "mo": 0, "noa": 0}


def test_who_must_not_get_it_is_passed_over_and_why(hinge):
    kim, lee, mo, _noa = hinge.early
    opened(kim, lee, now=NOW)
    Clock.objects.filter(signal_key=kim.key).update(urgency=1)
    Clock.objects.filter(signal_key=lee.key).update(stage="spam", stopped_at=NOW)
    rounds.writing.keep_draft(signal=mo, by=hinge.lena, text="Dear Mo", now=NOW)
    hinge.says("No way back.", "pia", NOW - 5 * DAY, thread="", route={})
    hinge.says("Mail me not.", "rob", NOW - 5 * DAY, thread="", route={"address": "Rob@example.com"})
    no_mail.stop(address="Rob@example.com", now=NOW)

    found = planned(hinge)

    assert [one.signal.contact_key for one in found.people] == ["noa"]
    assert (found.passed_over, found.without_way) == ({"again": 1, "on_its_way": 1, "no_mail": 1}, 1)


def test_those_passed_over_hide_nobody_who_spoke_before_them(hinge, monkeypatch):
    monkeypatch.setattr(closing, "MOST_SIGNALS", 2)
    no_mail.stop(address="Rob@example.com", now=NOW)
    for number in range(3):  # the newest, and more than are looked at first
        route = {"address": "Rob@example.com"}
        hinge.says(f"Mail me not, {number}.", f"rob{number}", NOW - DAY, thread="", route=route)

    found = planned(hinge)

    assert [one.signal.contact_key for one in found.people] == ["noa", "mo", "lee", "kim"]


def test_of_a_decision_that_changed_meanwhile_nobody_is_told(hinge):
    shown = closing.course_of(hinge.theme).decided_at
    deciding.take_decision_back(theme=hinge.theme, by=hinge.lena, now=NOW)
    deciding.decide(theme=hinge.theme, decision="No latch.", by=hinge.lena, now=NOW)

    with pytest.raises(NothingToTell, match="Something else is decided"):
        closing.tell(
            theme=hinge.theme, decided_at=shown, by=hinge.lena, texts={"en": "A latch."},
            to={hinge.early[0].pk}, reference=uuid.uuid4(), now=NOW,
        )  # fmt: skip


def test_the_draft_is_honest_where_it_is_a_no(hinge):
    deciding.take_decision_back(theme=hinge.theme, by=hinge.lena, now=NOW)
    deciding.decide(theme=hinge.theme, decision="It would cost more.", is_no=True, by=hinge.lena, now=NOW)

    assert closing.drafted(closing.course_of(hinge.theme)) == (
        "You told us: The hinge opens.\n\nWe are not doing it, and this is why: It would cost more."
    )


def test_a_signal_that_was_taken_out_meanwhile_is_told_nobody(hinge, foreign):
    course = closing.course_of(hinge.theme)
    made = closing.tell(
        theme=hinge.theme, decided_at=course.decided_at, by=hinge.lena, texts={"en": "A latch."},
        to={hinge.early[0].pk, hinge.early[1].pk}, reference=uuid.uuid4(), now=NOW,
    )  # fmt: skip
    Signal.objects.filter(pk=hinge.early[0].pk).delete()

    rounds.write_answers(round_id=made.round_id, now=NOW)

    assert Answer.objects.count() == 1


def test_it_is_looked_at_before_it_is_sent(hinge, client, foreign):
    client.force_login(hinge.lena.user)
    url = reverse("loop:tell", args=[hinge.theme.key])
    page = client.get(url)
    form = page.context["form"]
    values = {
        "text_en": "A second latch.",
        "to": [one.pk for one in hinge.early],
        "reference": form["reference"].value(),
        "decided_at": form["decided_at"].value(),
    }

    look = client.post(url, values | {"act": "look"})
    assert (look.status_code, Closure.objects.count()) == (200, 0)
    assert "A second latch." in look.content.decode()
    sent = client.post(url, values | {"act": "send"})

    assert sent.status_code == 302
    assert Closure.objects.get().people.count() == 4
    assert client.post(url, values | {"text_en": "", "act": "send"}).status_code in {200, 422}
    assert Closure.objects.count() == 1


def test_without_a_decision_the_page_says_what_to_do_first(hinge, client):
    deciding.take_decision_back(theme=hinge.theme, by=hinge.lena, now=NOW)
    client.force_login(hinge.lena.user)

    for name in ("tell", "show"):
        page = client.get(reverse(f"loop:{name}", args=[hinge.theme.key]))
        assert "Nothing is decided" in page.content.decode()
