"""The words beside a finding: on its topic, worst rated first, each text on one page only."""

from analytics.companies import DAY, UNTIL, Records
from interlock.analytics.symptoms.bench import Bench, Held
from interlock.analytics.symptoms.quotes import LOSS, REASON, TIME, Topic, each_once, quotes

LINES = [{"line_id": f"L{n}", "account_id": "A1", "closed_at": UNTIL - DAY * 20} for n in range(3)]


def said(number, body, **more):
    return {
        "signal_id": f"S{number}", "line_id": f"L{number % 3}", "account_id": "A1", "kind": "complaint",
        "occurred_at": UNTIL - DAY * number, "rating": None, "rating_max": 5.0, "reason": None, "body": body, **more,
    }  # fmt: skip


def texts(signals, topic):
    records = Records({"signals": signals, "order_lines": LINES})
    found = quotes(Bench(Held(records), UNTIL), records.table("order_lines"), topic)
    return [quote.text for quote in found]


def test_a_broken_date_is_quoted_with_words_about_time():
    signals = [
        said(1, "The paint is scratched badly."),
        said(2, "It came three weeks late."),
        said(3, "O prazo era 19/03."),
    ]

    assert texts(signals, TIME) == ["It came three weeks late.", "O prazo era 19/03."]


def test_other_words_stand_in_where_nobody_speaks_of_the_topic():
    assert texts([said(1, "The paint is scratched badly.")], TIME) == ["The paint is scratched badly."]


def test_flawed_goods_are_quoted_with_the_commonest_reason():
    signals = [
        said(1, "The colour is wrong here.", reason="colour"),
        said(2, "The lever broke at once.", reason="broken"),
        said(3, "My lever broke as well.", reason="broken"),
    ]

    assert texts(signals, REASON) == ["The lever broke at once.", "My lever broke as well."]


def test_a_lost_deal_is_quoted_with_what_was_said_around_its_end():
    signals = [
        said(25, "We went with the other maker.", kind="loss"),
        said(200, "An old loss, long forgotten now.", kind="loss"),
        said(22, "The bell does not ring well."),
    ]

    assert texts(signals, LOSS) == ["We went with the other maker."]


def test_praise_content_and_short_words_are_no_quotes_and_equal_ones_stand_once():
    signals = [
        said(1, "So kind a driver!", kind="praise"), said(2, "All went very well.", rating=5.0), said(3, "Bad."),
        said(4, "Não recebi o produto."), said(5, "Nao recebi o produto"),
    ]  # fmt: skip

    assert texts(signals, Topic()) == ["Não recebi o produto."]


def test_findings_share_texts_out_so_that_none_stands_twice_and_each_has_one():
    from dataclasses import dataclass
    from datetime import date

    from interlock.analytics.finding import Quote

    @dataclass(frozen=True)
    class Found:
        quotes: tuple

    same = tuple(Quote(f"S{n}", f"What number {n} said of it.", "", date(2026, 1, 1)) for n in range(8))

    shown = each_once([Found(same), Found(same)])

    assert all(3 <= len(found.quotes) <= 5 for found in shown)
    assert len({quote.text for found in shown for quote in found.quotes}) == 8
