"""A flood is refused before it costs anything, and nobody else notices."""

from __future__ import annotations

import json

from interlock.api import throttle
from interlock.api.throttle import Throttle


class Clock:
    """A clock that goes on when told."""

    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Served:
    """A throttled application that knows the tokens `good` and `other`, and counts what reaches it.

    Like the real one it tells everybody how it is spoken to, and refuses a large body before it looks who sent it.
    """

    def __init__(self, *, rate: float = 10, stranger_rate: float = 5, behind_proxy: bool = False) -> None:
        self.clock, self.reached, self.good = Clock(), 0, {"Bearer good", "Bearer other"}
        self.app = Throttle(
            self._answer,
            rate=rate,
            stranger_rate=stranger_rate,
            clock=self.clock,
            behind_proxy=behind_proxy,
        )

    def _answer(self, environ, start_response):
        self.reached += 1
        if environ["PATH_INFO"] == "/api/v1/openapi.json":
            start_response("200 OK", [])
            return [b""]
        if environ.get("CONTENT_LENGTH") == "999999999" and environ["PATH_INFO"].startswith("/hooks/"):
            start_response("413 Content Too Large", [])
            return [b""]
        known = (
            environ.get("HTTP_AUTHORIZATION") in self.good or environ.get("HTTP_WEBHOOK_SIGNATURE") == "good"
        )
        start_response("202 Accepted" if known else "401 Unauthorized", [])
        return [b""]

    def ask(
        self, token: str = "", path: str = "/api/v1/signals", address: str = "10.0.0.1", **more: str
    ) -> int:
        self.headers: dict[str, str] = {}
        said = []

        def start(status, headers, *rest):
            said.append(int(status[:3]))
            self.headers = dict(headers)

        environ = {"PATH_INFO": path, "REMOTE_ADDR": address} | more
        if token:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        self.body = b"".join(self.app(environ, start))
        return said[0]


def test_a_token_may_send_its_rate_for_long_and_twice_as_much_at_once():
    served = Served()
    served.ask("good")

    at_once = [served.ask("good") for _ in range(21)]
    served.clock.now += 0.5
    later = [served.ask("good") for _ in range(6)]

    assert at_once == [202] * 20 + [429]
    assert later == [202] * 5 + [429]


def test_the_refusal_says_when_to_come_back():
    served = Served(rate=0.5)
    served.ask("good")
    served.ask("good")

    assert served.ask("good") == 429

    assert served.headers["Retry-After"] == "2"
    assert json.loads(served.body)["remedy"].startswith("Send it again after 2 s")


def test_ten_thousand_requests_of_one_client_leave_another_alone():
    served = Served(rate=300)
    served.ask("good")

    flood = [served.ask("good") for _ in range(10_000)]
    other = [served.ask("other") for _ in range(4)]

    assert (flood.count(202), flood.count(429)) == (600, 9_400)
    assert other == [202] * 4
    assert served.reached == 605


def test_guessed_tokens_are_counted_by_the_address_they_come_from():
    served = Served()

    guesses = [served.ask(f"guess-{number}") for number in range(12)]

    assert guesses == [401] * 10 + [429] * 2
    assert served.ask("guess", address="10.0.0.2") == 401


def test_a_token_that_was_good_is_not_harmed_by_strangers_at_its_address():
    served = Served()
    served.ask("good")
    for number in range(12):
        served.ask(f"guess-{number}")

    assert served.ask("good") == 202


def test_a_token_that_was_revoked_is_a_stranger_again():
    served = Served()
    served.ask("good")
    served.good.clear()

    assert [served.ask("good") for _ in range(12)] == [401] * 10 + [429] * 2


def test_forged_webhooks_do_not_close_the_way_for_the_true_sender():
    served, hook = Served(), "/hooks/shop/"
    served.ask(path=hook, HTTP_WEBHOOK_SIGNATURE="good")

    forged = [served.ask(path=hook, address="10.9.9.9") for _ in range(12)]

    assert forged == [401] * 10 + [429] * 2
    assert served.ask(path=hook, HTTP_WEBHOOK_SIGNATURE="good") == 202


def test_nobody_becomes_known_where_nobody_looks_who_asks():
    served = Served()
    read = [served.ask("made up", path="/api/v1/openapi.json") for _ in range(11)]
    served.clock.now += 2
    large = [served.ask(path="/hooks/shop/", CONTENT_LENGTH="999999999") for _ in range(11)]

    assert read == [200] * 10 + [429]
    assert large == [413] * 10 + [429]
    assert not served.app._known


def test_behind_the_proxy_the_address_is_the_one_the_proxy_saw():
    served = Served(behind_proxy=True)
    for _ in range(12):
        served.ask(HTTP_X_FORWARDED_FOR="1.1.1.1, 2.2.2.2")

    assert served.ask(HTTP_X_FORWARDED_FOR="1.1.1.1, 2.2.2.2") == 429
    assert served.ask(HTTP_X_FORWARDED_FOR="2.2.2.2, 3.3.3.3") == 401


def test_a_forwarded_address_counts_for_nothing_without_a_proxy():
    served = Served()

    answers = [served.ask(HTTP_X_FORWARDED_FOR=f"1.1.1.{number}") for number in range(12)]

    assert answers == [401] * 10 + [429] * 2


def test_pages_are_not_throttled():
    served = Served()

    assert {served.ask(path="/signals/") for _ in range(100)} == {401}


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(throttle, "MOST_BUCKETS", 10)
    served = Served()

    for number in range(100):
        served.ask("good", address=f"10.0.0.{number}", path=f"/hooks/{number}/")

    assert len(served.app._strangers._levels) <= 10
    assert len(served.app._known) <= 10
