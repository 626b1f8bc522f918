"""One key, one effect, however often and however fast the same request comes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.utils import timezone

from api.conftest import signal
from interlock.api import repeating
from interlock.api.models import SeenMessage, StoredResponse
from interlock.listen.models import InboxRow


def test_the_same_request_gets_the_same_answer_and_changes_nothing(shop):
    first = shop.post([signal("a"), signal("b", kind="grumble")], Idempotency_Key="k")

    again = shop.post([signal("a"), signal("b", kind="grumble")], Idempotency_Key="k")

    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert (first.headers.get("Idempotent-Replayed"), again["Idempotent-Replayed"]) == (None, "true")
    assert shop.tallies() == (2, 1, 0, 1)


def test_an_answer_that_refuses_every_signal_is_given_again_too(shop):
    shop.post(signal(kind="grumble"), Idempotency_Key="k")

    again = shop.post(signal(kind="grumble"), Idempotency_Key="k")

    assert (again.status_code, shop.tallies()) == (422, (1, 0, 0, 1))


def test_the_key_of_another_body_is_refused(shop):
    shop.post(signal("a"), Idempotency_Key="k")

    answer = shop.post(signal("b"), Idempotency_Key="k")

    assert (answer.status_code, answer.json()["code"]) == (409, "key_reused")
    assert list(InboxRow.objects.values_list("key", flat=True)) == ["shop:a"]


def test_a_request_refused_as_a_whole_may_be_mended_under_its_key(shop):
    shop.post(b"{", Idempotency_Key="k")

    assert shop.post(signal(), Idempotency_Key="k").status_code == 202


def test_keys_of_two_programs_have_nothing_to_do_with_each_other(program):
    shop, rival = program("shop"), program("rival")
    shop.post(signal("a"), Idempotency_Key="k")

    answer = rival.post(signal("b"), Idempotency_Key="k")

    assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (202, False)


@pytest.mark.django_db(transaction=True)
def test_what_is_not_stored_leaves_no_answer_behind(shop, monkeypatch):
    """The answer and the signals are one transaction: when the second fails, the first is gone as well."""
    from django.db import OperationalError

    from interlock.listen.inbox import taking

    def no_journal(*args: object, **more: object) -> None:
        raise OperationalError("database or disk is away")

    with monkeypatch.context() as broken:
        broken.setattr(taking, "_note", no_journal)
        answer = shop.post(signal(), Idempotency_Key="k")

    assert (answer.status_code, StoredResponse.objects.count(), InboxRow.objects.count()) == (503, 0, 0)
    assert shop.post(signal(), Idempotency_Key="k").status_code == 202


def test_answers_are_forgotten_after_a_week(shop, webhook):
    desk, now = webhook(), timezone.now()
    shop.post(signal(), Idempotency_Key="k")
    desk.send(signal("b"))

    assert repeating.forget_old(now + timedelta(days=6)) == 0
    assert repeating.forget_old(now + timedelta(days=8)) == 2
    assert (StoredResponse.objects.count(), SeenMessage.objects.count()) == (0, 0)


AT_ONCE = 50


@pytest.mark.django_db(transaction=True)
def test_fifty_requests_of_one_key_at_once_store_one_row(shop):
    answers = at_once(lambda: patiently(lambda: shop.post(signal(), Idempotency_Key="k")))

    assert {(answer.status_code, answer.content) for answer in answers} == {(202, answers[0].content)}
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert (InboxRow.objects.count(), shop.tallies()) == (1, (1, 1, 0, 0))


@pytest.mark.django_db(transaction=True)
def test_fifty_copies_of_one_message_at_once_store_one_row(webhook):
    desk = webhook()

    answers = at_once(lambda: patiently(lambda: desk.send(signal())))

    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [202]
    assert (InboxRow.objects.count(), desk.tallies()) == (1, (1, 1, 0, 0))


def at_once(ask) -> list:
    """Ask from fifty threads that start together."""
    barrier = Barrier(AT_ONCE)

    def asked(_number: int):
        barrier.wait()
        try:
            return ask()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(asked, range(AT_ONCE)))


def patiently(ask):
    """Ask again after 503, as the answer says; readers of a database in memory do not wait for its writer."""
    for _attempt in range(200):
        answer = ask()
        if answer.status_code != 503:
            return answer
        time.sleep(0.02)
    raise TimeoutError(answer.content)
