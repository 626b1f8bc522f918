"""What an answer of another system means, whatever it is."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime

import pytest

from interlock.connectors.errors import ConnectorError
from interlock.connectors.live import (
    AddressRefused,
    NotSent,
    PerhapsSent,
    Reach,
    TryLater,
    Unauthorised,
    Unreachable,
)
from interlock.connectors.replies import System, ask, ask_json, retry_after, send_json

from .reaches import NOW, reach, says

DESK = System("Desk", "in Desk under Keys")


def answering(*replies):
    """Give one reply after the other; an exception is raised."""
    left = iter(replies)

    def answer(method, url, **_):
        reply = next(left)
        if isinstance(reply, Exception):
            raise reply
        return reply

    return answer


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("17", 17),
        ("0.5", 0.5),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90),
        (format_datetime(NOW - timedelta(hours=1), usegmt=True), 0),
        ("-5", 0),
        ("999999999", 86_400),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", 86_400),
    ],
)
def test_a_wait_is_read_as_seconds_or_as_a_date_within_a_day(text, seconds):
    assert retry_after(says("", 429, retry_after=text), NOW) == seconds


@pytest.mark.parametrize(
    ("reply", "error", "sentence"),
    [
        (says("", 429), TryLater, "Desk asks for patience of 60 seconds (429)."),
        (says("", 503, retry_after="5"), TryLater, "Desk asks for patience of 5 seconds (503)."),
        (
            says("", 401),
            Unauthorised,
            "Desk refused the credentials (401). Renew the credentials in Desk under Keys.",
        ),
        (says("", 404), ConnectorError, "Desk has nothing at this address (404). Check the address."),
        (says("", 307), ConnectorError, "Desk answers from another address (307). Enter its final address."),
        (says("", 400), ConnectorError, "Desk did not accept the request (400)."),
        (says("<html>"), ConnectorError, "Desk answered with a web page instead of data. Check the address."),
        (says('{"a": 1'), ConnectorError, "Desk sent an answer that is cut off or is not JSON."),
        (says("[" * 100_000), ConnectorError, "Desk sent an answer that is cut off or is not JSON."),
        (says("[]"), ConnectorError, "Desk sent a list where an object was expected."),
        (says(b"\xff\xfe\xff"), ConnectorError, "Desk sent an answer that is cut off or is not JSON."),
    ],
)
def test_every_answer_that_is_no_data_becomes_a_sentence(reply, error, sentence):
    with pytest.raises(error) as caught:
        ask_json(reach(answering(reply)), DESK, "GET", "https://desk.example.com/")

    assert str(caught.value) == sentence
    assert type(caught.value) is error


def test_a_passing_fault_is_tried_again_after_a_pause():
    waits: list[float] = []
    server = answering(says("", 502), Unreachable("cut"), says('{"a": 1}'))

    assert ask_json(reach(server, waits), DESK, "GET", "https://desk.example.com/") == {"a": 1}
    assert waits == [1.0, 4.0]


def test_a_lasting_fault_asks_for_patience():
    with pytest.raises(TryLater, match=r"has a fault of its own \(500\)"):
        ask(reach(answering(*[says("", 500)] * 3)), DESK, "GET", "https://desk.example.com/")


def test_a_system_that_lets_us_wait_long_is_not_asked_again_at_once():
    moments = iter([NOW, NOW + timedelta(seconds=60)])
    slow = Reach(answering(Unreachable("slow")), lambda: next(moments), lambda seconds: None)

    with pytest.raises(Unreachable):
        ask(slow, DESK, "GET", "https://desk.example.com/")


@pytest.mark.parametrize(
    ("reply", "error", "for_good"),
    [
        (Unreachable("no connection", handed_over=False), NotSent, False),
        (AddressRefused("private"), NotSent, True),
        (says("", 429), NotSent, False),
        (says("", 401), NotSent, False),
        (says("", 404), NotSent, True),
        (says("", 422), NotSent, True),
        (Unreachable("cut", handed_over=True), PerhapsSent, None),
        (says("", 500), PerhapsSent, None),
        (says("", 524), PerhapsSent, None),
        (says("", 408), PerhapsSent, None),
        (says("<html>"), PerhapsSent, None),
    ],
)
def test_what_became_of_something_sent_is_said_as_far_as_it_is_known(reply, error, for_good):
    with pytest.raises(error) as caught:
        send_json(reach(answering(reply)), DESK, "POST", "https://desk.example.com/", json={})

    assert getattr(caught.value, "for_good", None) is for_good
