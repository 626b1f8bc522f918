"""Which waiting signals one answer is proposed for: those of the same person, never of a colleague."""

from __future__ import annotations

import pytest

from interlock.listen.answer_forms import AnswerForm
from listen.waiting import opened, said, source

pytestmark = pytest.mark.django_db
KIM = {"address": "kim@example.com"}


def proposed(signal, *others):
    """Of the others the form offers all; these are ticked, by their words."""
    opened(signal, *others)
    form = AnswerForm(signal=signal)
    assert {key for key, _words in form.fields["also"].choices} == {one.key for one in others}
    return [one.body for one in others if one.key in form.initial["also"]]


def test_where_nobody_is_named_nothing_of_the_account_is_ticked():
    assert proposed(said("first"), said("a colleague's, for all we know")) == []


def test_the_same_contact_is_ticked_and_another_is_not_even_at_the_same_address():
    signal = said("first", contact_key="kim", route=KIM)

    assert proposed(
        signal,
        said("of Kim", contact_key="kim"),
        said("of Lee", contact_key="lee"),
        said("of Lee at Kim's desk", contact_key="lee", route=KIM),
        said("of nobody known"),
    ) == ["of Kim"]


def test_the_same_mail_address_is_ticked_wherever_it_was_read():
    signal = said("first", route=KIM)

    assert proposed(
        signal,
        said("of Kim", route={"address": "Kim@Example.com"}, contact_key="kim"),
        said("of Lee", route={"address": "lee@example.com"}),
        said("of nobody known"),
    ) == ["of Kim"]


def test_who_wrote_in_the_same_mail_thread_from_another_address_is_not_ticked():
    place = source("mail")
    signal = said("first", source=place, thread="m1", route=KIM)

    assert proposed(signal, said("of Lee", source=place, thread="m1", route={"address": "lee@e.com"})) == []


def test_where_an_answer_goes_to_a_thread_the_same_thread_is_ticked():
    desk, other_desk = source("desk"), source("desk")
    signal = said("first", source=desk, thread="35")

    assert proposed(
        signal,
        said("same ticket", source=desk, thread="35"),
        said("other ticket", source=desk, thread="36"),
        said("other desk", source=other_desk, thread="35"),
    ) == ["same ticket"]


def test_what_is_ticked_is_looked_up_at_once_for_all(django_assert_num_queries):
    signal = said("first", route=KIM)
    opened(signal, *(said(f"number {number}", route=KIM) for number in range(10)))

    with django_assert_num_queries(4):  # the talk, the clocks, who waits, where the answers to them go
        AnswerForm(signal=signal)
