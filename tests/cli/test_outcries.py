"""`interlock outcry` on files as people have them."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from analytics.outcry_worlds import A_DAY, moments, steady
from interlock.cli.outcries import outcry

HEAD = ("when", "mentions")


def written(path, rows, head=HEAD, delimiter=","):
    with path.open("w", newline="", encoding="utf-8") as lines:
        out = csv.writer(lines, delimiter=delimiter)
        out.writerows([head, *rows])
    return path


def run(path, *options, code=0):
    result = CliRunner().invoke(
        outcry, [str(path), "--time-column", "when", "--count-column", "mentions", *options]
    )
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture
def burst(tmp_path):
    """Six days with a burst on the fifth; rows from the newest to the oldest, one without a count."""
    counts = steady(6, seed=1)
    counts[4 * A_DAY + 130 : 4 * A_DAY + 142] *= 12
    rows = [
        [f"{at:%Y-%m-%d %H:%M:%S}", f"{count:g}"]
        for at, count in zip(moments(counts.size), counts, strict=True)
    ]
    rows[10][1] = ""
    return written(tmp_path / "mentions.csv", rows[::-1]), rows[::-1]


def test_alarms_for_machines_have_time_probability_and_direction(burst):
    said = json.loads(run(burst[0], "--json"))

    (alarm,) = said.pop("alarms")
    assert said == {
        "file": "mentions.csv", "rows": 1728, "rows_without_count": 1, "tick_minutes": 5.0, "warm_up_rows": 576,
        "notes": [],
    }  # fmt: skip
    assert alarm["direction"] == "rise"
    assert alarm["time"].startswith("2026-03-06 1")
    assert 0 < alarm["probability"] < 0.001
    assert alarm["count"] > 3 * alarm["expected"]
    assert burst[1][alarm["row"] - 1][0] == alarm["time"]


def test_scores_stand_in_the_order_of_the_file_one_row_each(burst, tmp_path):
    run(burst[0], "--scores", str(tmp_path / "scores.csv"))

    with (tmp_path / "scores.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    assert list(rows[0]) == ["when", "count", "score", "probability", "alarm"]
    assert [row["when"] for row in rows] == [row[0] for row in burst[1]]
    assert [row["alarm"] for row in rows if float(row["score"]) >= 0.5] == ["rise"]


def test_a_column_called_like_a_formula_stays_words_in_the_scores(tmp_path):
    rows = [[at.isoformat(), "4"] for at in moments(20)]
    path = written(tmp_path / "odd.csv", rows, head=('=HYPERLINK("x")', "mentions"))
    options = ["--time-column", '=HYPERLINK("x")', "--count-column", "mentions"]
    done = CliRunner().invoke(outcry, [str(path), *options, "--scores", str(tmp_path / "scores.csv")])

    assert done.exit_code == 0
    with (tmp_path / "scores.csv").open() as lines:
        assert next(csv.reader(lines))[0] == '\'=HYPERLINK("x")'


def test_people_get_a_table(burst):
    assert "mentions.csv: 1 alarm in 1728 rows" in run(burst[0])


def test_without_an_alarm_there_is_a_sentence_and_no_empty_table(tmp_path):
    rows = [[at.isoformat(), "4"] for at in moments(20)]

    assert run(written(tmp_path / "quiet.csv", rows)) == "quiet.csv: 0 alarms in 20 rows\n"


def test_nan_and_hours_that_come_twice_in_the_autumn_change_are_named(tmp_path):
    rows = [[at.isoformat(), "4"] for at in (*moments(20), *moments(20)[-2:])]
    rows[3][1] = "NaN"

    said = json.loads(run(written(tmp_path / "autumn.csv", rows), "--json"))

    assert said["rows_without_count"] == 1
    assert said["notes"] == [
        "1 count read NaN; taken as empty, so nothing is said there.",
        "4 rows share their time with another, the first at 2026-03-02T01:30:00; each is a tick. "
        "Where these are hours of the autumn change, write the times with their zone.",
    ]


def test_a_semicolon_file_with_zoned_times_is_read(tmp_path):
    rows = [[f"{at.isoformat()}+01:00", "4"] for at in moments(20)]

    said = json.loads(run(written(tmp_path / "a.csv", rows, delimiter=";"), "--json"))

    assert (said["rows"], said["alarms"]) == (20, [])


@pytest.mark.parametrize(
    ("rows", "head", "sentence"),
    [
        ([], HEAD, "at least 3 different times; there are 0"),
        ([["2026-03-02", "1"]] * 5, HEAD, "there are 1"),
        ([["2026-03-02", "1"]], ("when", "tweets"), "no column 'mentions'. Its columns: when, tweets."),
        ([["2026-03-02", "1"], ["soon", "2"]], HEAD, "row 2: 'soon' is no time"),
        ([["2026-03-02", "many"]], HEAD, "row 1: 'many' is no number"),
        ([["2026-03-02", "-4"]], HEAD, "row 1: the count is -4. Counts are 0 or more."),
        ([["2026-03-02", "inf"]], HEAD, "the count is inf"),
        ([["2026-03-02T00:00+01:00", "1"], ["2026-03-02T01:00", "1"]], HEAD, "some have none"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(tmp_path, rows, head, sentence):
    output = run(written(tmp_path / "bad.csv", rows, head), code=1)

    assert output.startswith("Error: bad.csv: ")
    assert sentence in output


def strange(name):
    """Twelve days in which something is odd, and the row from which it rings; None where nothing should."""
    counts = steady(12, seed=3)
    kept = list(range(counts.size))
    at = 9 * A_DAY + 140
    if name == "gaps":
        del kept[5 * A_DAY : 6 * A_DAY], kept[7 * A_DAY : 7 * A_DAY + 30]
    elif name == "zeros":
        counts[:] = 0
    elif name == "level shift":
        counts[at:] *= 8
    elif name == "one enormous value":
        counts[at] = 1e15
    elif name == "out of order":
        counts[at : at + 12] *= 12
        kept = kept[::-1]
    times = moments(counts.size)
    rows = [[times[one].isoformat(), f"{counts[one]:.0f}"] for one in kept]
    return rows, times[at] if name in {"level shift", "one enormous value", "out of order"} else None


@pytest.mark.parametrize(
    "name",
    [
        "gaps",
        *(
            pytest.param(one, marks=pytest.mark.slow)
            for one in ("zeros", "level shift", "one enormous value")
        ),
        "out of order",
    ],
)
def test_strange_series_ring_where_something_happened_and_nowhere_else(tmp_path, name):
    rows, happened = strange(name)

    said = json.loads(run(written(tmp_path / "strange.csv", rows), "--json", "--days", "30"))

    rang = [one["time"] for one in said["alarms"] if one["direction"] == "rise"]
    assert (rang[:1] != []) == (happened is not None)
    if happened:
        first = datetime.fromisoformat(rang[0])
        assert happened <= first <= happened + timedelta(hours=2)


def test_an_empty_file_and_one_that_is_no_text_are_refused(tmp_path):
    (tmp_path / "empty.csv").write_bytes(b"")
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00when")

    assert "no column 'when'. Its columns: none." in run(tmp_path / "empty.csv", code=1)
    assert "not UTF-8" in run(tmp_path / "bytes.csv", code=1)


def test_a_budget_of_nothing_is_refused(burst):
    assert "more than 0 false alarms" in run(burst[0], "--false-alarms", "0", code=1)
