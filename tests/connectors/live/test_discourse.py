"""Discourse keeps every promise of a live connector, and its own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from interlock.connectors.conformance import Case, Conformance
from interlock.connectors.conformance.stage import rows_of, staged
from interlock.connectors.discourse import connector
from interlock.connectors.errors import ConnectorError
from interlock.connectors.live import Letter, NotSent, PerhapsSent, Route, Sent

from . import discourse_played
from .reaches import reach, says

LETTER = Letter(reference="answer/77", author="Ana Ruiz", text="Your parcel is found.")
ROUTE = Route(thread="21", detail={"post_number": "3"})


class TestDiscourse(Conformance):
    def case(self) -> Case:
        return discourse_played.case()


def test_a_visitor_reads_what_is_public():
    headers = []

    def answer(method, url, **options):
        headers.append(options["headers"])
        return says(json.dumps({"latest_posts": discourse_played.RECORDED}))

    sentence = connector.check({"address": "community.example.com"}, reach(answer))

    assert sentence == (
        "community.example.com answers as a visitor; its newest post is number 190 of 10 November 2026."
    )
    assert headers == [{"accept": "application/json"}]


def test_posts_before_the_chosen_day_are_found_by_halving_not_by_reading():
    posts = [
        {
            "id": number,
            "created_at": f"{2016 + number // 1_000}-01-01T00:00:00Z",
            "cooked": "x",
            "topic_id": 1,
            "post_number": number,
        }
        for number in range(1, 10_950, 3)
    ]
    case = discourse_played.case()
    everything = Case(
        **{**case.__dict__, "answers": discourse_played.ANSWERS | {"since": "2026-01-01", "categories": ""}}
    )

    with staged(everything, discourse_played.Discourse(posts)) as stage:
        came = [int(one.row["signal_id"].split(":")[-1]) for one in rows_of(list(stage.pages()))]
        requests = len(stage.server.asked)

    assert came == sorted(came)
    assert set(came) >= {post["id"] for post in posts if post["id"] >= 10_000}
    assert len(came) < 340
    assert requests < 35


def test_an_answer_replies_to_the_post_and_hides_its_reference():
    community = discourse_played.Discourse(discourse_played.RECORDED)
    with staged(discourse_played.case(), community) as stage:
        sent = connector.send(discourse_played.ANSWERS, ROUTE, LETTER, stage.reach)

    assert sent == Sent("500", "https://community.example.com/t/late-parcel/21/6")
    assert community.posted[0]["reply_to_post_number"] == 3
    assert community.posted[0]["raw"] == "Your parcel is found.\n\nAna Ruiz\n\n<!-- answer-77 -->"


def test_an_answer_that_waits_for_a_moderator_is_sent_and_found_again():
    community = discourse_played.Discourse(discourse_played.RECORDED, moderated=True)
    with staged(discourse_played.case(), community) as stage:
        before = connector.find(discourse_played.ANSWERS, ROUTE, LETTER, stage.reach)
        sent = connector.send(discourse_played.ANSWERS, ROUTE, LETTER, stage.reach)
        found = connector.find(discourse_played.ANSWERS, ROUTE, LETTER, stage.reach)
        other = connector.find(
            discourse_played.ANSWERS, ROUTE, replace(LETTER, reference="answer-78"), stage.reach
        )

    assert sent == Sent("waiting for a moderator", "https://community.example.com/t/21")
    assert (before, found, other) == (None, sent, None)


def test_a_text_that_is_too_short_is_refused_for_good():
    answer = says('{"action": "create_post", "errors": ["Body is too short"]}', 422)

    with pytest.raises(NotSent) as caught:
        connector.send(discourse_played.ANSWERS, ROUTE, LETTER, reach(lambda *a, **o: answer))

    assert caught.value.for_good


def test_a_topic_that_hides_what_was_written_gives_no_answer_to_where_it_is():
    topic = {"post_stream": {"posts": [{"id": 1, "cooked": "x"}], "stream": [1]}}

    with pytest.raises(PerhapsSent):
        connector.find(
            discourse_played.ANSWERS, ROUTE, LETTER, reach(lambda *a, **o: says(json.dumps(topic)))
        )


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"categories": "support"}, "is no category"),
        ({"since": "May"}, "is no day"),
        ({"address": "https://"}, "no host"),
    ],
)
def test_an_answer_that_cannot_be_meant_is_named(answers, sentence):
    posts = says('{"latest_posts": []}')

    with pytest.raises(ConnectorError, match=sentence):
        list(connector.pages(discourse_played.ANSWERS | answers, "", reach(lambda *a, **o: posts)))


def test_what_we_posted_ourselves_does_not_come_back_as_a_customers_word():
    posts = [*discourse_played.RECORDED]
    posts[3] = posts[3] | {"username": "Service", "staff": False}

    with staged(discourse_played.case(), discourse_played.Discourse(posts)) as stage:
        came = {one.row["signal_id"].split(":")[-1] for one in rows_of(list(stage.pages()))}

    assert came == {"60", "151", "190"}
