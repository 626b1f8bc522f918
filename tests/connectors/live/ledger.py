"""A small system with an API of its own, a connector that keeps every promise, and one connector for each fault."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from interlock.connectors.conformance import Answer, Asked, Case, Reply
from interlock.connectors.errors import ConnectorError
from interlock.connectors.live import (
    Answers,
    Incoming,
    Letter,
    Page,
    PerhapsSent,
    Question,
    Reach,
    Route,
    Sent,
)
from interlock.connectors.replies import System, ask_json, send_json

SYSTEM = System("Ledger", "in Ledger under Keys")
TOKEN = "ledger-t0ken-9f3a"
SIZE = 2


class Ledger:
    """Reads notes by their number, two at a time."""

    kind = "ledger"
    title = "Ledger"
    purpose = "Notes of customers."
    ask_every = 300
    questions = (
        Question("address", "Address", kind="address"),
        Question("token", "Key", kind="secret"),
    )

    def check(self, answers: Answers, reach: Reach) -> str:
        notes = self.read(answers, reach, 0)["notes"]
        return f"Ledger answers; its first notes are {len(notes)} in number."

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        more, last = True, int(cursor or 0)
        while more:
            reach.wait(0)
            content = self.read(answers, reach, last)
            notes = self.notes(content)
            more = content["more"] is True and bool(notes)
            if notes:
                last = self.last(notes)
                yield Page(tuple(self.incoming(note) for note in notes), str(last))

    def read(self, answers: Answers, reach: Reach, after: int) -> dict:
        return ask_json(
            reach,
            SYSTEM,
            "GET",
            f"{answers['address']}/notes",
            headers={"authorization": f"Bearer {answers['token']}"},
            query={"after": str(after)},
        )

    def notes(self, content: dict) -> list[dict]:
        notes = content["notes"]
        known = {"id": int, "change": int, "at": str, "text": str}
        for note in notes if isinstance(notes, list) else [None]:
            if not isinstance(note, dict) or not all(isinstance(note.get(k), v) for k, v in known.items()):
                raise ConnectorError("Ledger sent notes of another shape than it says.")
        return notes

    def last(self, notes: list[dict]) -> int:
        return notes[-1]["change"]

    def incoming(self, note: dict) -> Incoming:
        row = {
            "signal_id": f"lg:main:{note['id']}",
            "kind": "complaint",
            "occurred_at": note["at"],
            "body": note["text"],
        }
        if note.get("mood") is not None:
            row |= {"rating": note["mood"], "rating_max": 5}
        return Incoming("signals", row, place=f"note {note['id']}", route=Route(thread=str(note["id"])))

    def send(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent:
        content = send_json(
            reach,
            SYSTEM,
            "POST",
            f"{answers['address']}/answers",
            headers={"authorization": f"Bearer {answers['token']}"},
            json={"note": route.thread, "text": letter.text, "reference": letter.reference},
        )
        if "answer" not in content:
            raise PerhapsSent("Ledger did not say what it took.")
        return Sent(str(content["answer"]))

    def find(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent | None:
        headers = {"authorization": f"Bearer {answers['token']}"}
        content = ask_json(reach, SYSTEM, "GET", f"{answers['address']}/answers", headers=headers)
        for answer in content["answers"]:
            if answer["reference"] == letter.reference:
                return Sent(str(answer["answer"]))
        return None


class Renewing(Ledger):
    """Trades its key for a token that lives for one asking, and for the next key."""

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        token = self.renewed(answers["token"], f"{answers['address']}/keys", reach)
        return super().pages({**answers, "token": token}, cursor, reach)

    def renewed(self, key: str, url: str, reach: Reach) -> str:
        found = ask_json(reach, SYSTEM, "POST", url, json={"key": key})
        reach.keep({"token": str(found["next"])})
        return str(found["token"])


class ForgetsItsKey(Renewing):
    def renewed(self, key: str, url: str, reach: Reach) -> str:
        return super().renewed(key, url, replace(reach, keep=lambda secrets: None))


class KeepsItsOldKey(Renewing):
    def renewed(self, key: str, url: str, reach: Reach) -> str:
        return super().renewed(key, url, replace(reach, keep=lambda secrets: reach.keep({"token": key})))


class SkipsAPage(Ledger):
    def last(self, notes: list[dict]) -> int:
        return notes[-1]["change"] + SIZE


class LosesTheCursor(Ledger):
    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        return super().pages(answers, "", reach)


class RunsAheadOfItsCursor(Ledger):
    """Its cursor already counts the next page, so that a kill loses it."""

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        for page in super().pages(answers, cursor, reach):
            yield Page(page.rows, str(int(page.cursor) + SIZE))


class Doubles(Ledger):
    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        for page in super().pages(answers, cursor, reach):
            yield Page(page.rows + page.rows[:1], page.cursor)


class LeaksItsToken(Ledger):
    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        try:
            yield from super().pages(answers, cursor, reach)
        except Exception as error:
            raise type(error)(f"{error} The key was {answers['token']}.", *error.__dict__.values()) from error


class SwallowsFaults(Ledger):
    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        try:
            yield from super().pages(answers, cursor, reach)
        except Exception:
            return


class TakesBrokenAnswersAsEmpty(Ledger):
    def read(self, answers: Answers, reach: Reach, after: int) -> dict:
        reply = reach.http(
            "GET",
            f"{answers['address']}/notes",
            headers={"authorization": f"Bearer {answers['token']}"},
            query={"after": str(after)},
        )
        try:
            return json.loads(reply.body)
        except ValueError:
            return {"notes": [], "more": False}


class LocalTimes(Ledger):
    def incoming(self, note: dict) -> Incoming:
        incoming = super().incoming(note)
        incoming.row["occurred_at"] = note["at"].removesuffix("Z")
        return incoming


class NeedsTheMood(Ledger):
    def incoming(self, note: dict) -> Incoming:
        note["mood"]
        return super().incoming(note)


class TrustsEveryField(Ledger):
    def notes(self, content: dict) -> list[dict]:
        return content["notes"]


class AsksForTheSameAgain(Ledger):
    """Goes on while the system says that there is more, whether or not anything comes."""

    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        last = int(cursor or 0)
        while True:
            reach.wait(0)
            content = self.read(answers, reach, last)
            notes = self.notes(content)
            yield Page(tuple(self.incoming(note) for note in notes), str(last))
            if not content["more"]:
                return


class ForgetsItsPrefix(Ledger):
    def incoming(self, note: dict) -> Incoming:
        incoming = super().incoming(note)
        incoming.row["signal_id"] = str(note["id"])
        return incoming


class KnowsNoPatience(Ledger):
    def pages(self, answers: Answers, cursor: str, reach: Reach) -> Iterator[Page]:
        impatient = Reach(reach.http, reach.now, lambda seconds: None)
        return super().pages(answers, cursor, impatient)


class SendsAgain(Ledger):
    def send(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent:
        try:
            return super().send(answers, route, letter, reach)
        except PerhapsSent:
            return super().send(answers, route, letter, reach)


class FindsNothing(Ledger):
    def find(self, answers: Answers, route: Route, letter: Letter, reach: Reach) -> Sent | None:
        try:
            return super().find(answers, route, letter, reach)
        except Exception:
            return None


NOTES = [
    {
        "id": number,
        "change": number,
        "at": f"2026-11-{number:02}T08:00:00Z",
        "text": f"Note {number}",
        "mood": 2,
    }
    for number in range(1, 6)
]


def play(notes: list[dict], tokens: set[str] | None = None):
    """The system: notes in the order of their last change, answers in the order they were posted."""
    answers: list[dict] = []

    def api(asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {TOKEN}":
            return Answer({"error": "who are you"}, 401)
        if asked.path == "/answers" and asked.method == "POST":
            answers.append(asked.json() | {"answer": len(answers) + 1})
            return Answer(answers[-1], 201)
        if asked.path == "/answers":
            return Answer({"answers": answers})
        after = [note for note in notes if note["change"] > int(asked.query["after"])]
        return Answer({"notes": after[:SIZE], "more": len(after) > SIZE})

    return api, lambda: len(answers)


def turning():
    """The system with keys that turn: each opens once, and brings a token and the next key."""
    notes, _ = play(NOTES)
    keys = [TOKEN]

    def api(asked: Asked) -> Answer:
        if asked.path != "/keys":
            return notes(asked)
        if asked.json()["key"] != keys[-1]:
            return Answer({"error": "this key was used"}, 401)
        keys.append(f"ledger-key-{len(keys)}")
        return Answer({"token": TOKEN, "next": keys[-1]})

    return api


def row(note: dict) -> dict:
    return {
        "signal_id": f"lg:main:{note['id']}",
        "kind": "complaint",
        "occurred_at": note["at"],
        "body": note["text"],
        "rating": 2,
        "rating_max": 5,
    }


CHANGED = [*NOTES[1:], NOTES[0] | {"change": 6, "text": "Note 1, now worse"}]


def case(connector: Ledger) -> Case:
    return Case(
        connector=connector,
        answers={"address": "https://ledger.example.com", "token": TOKEN},
        origins=("https://ledger.example.com",),
        api=lambda: play(NOTES)[0],
        expected={("signals", f"lg:main:{note['id']}"): row(note) for note in NOTES},
        secrets=(TOKEN,),
        optional=("mood",),
        later=lambda: play(CHANGED)[0],
        expected_later={("signals", "lg:main:1"): row(CHANGED[-1])},
        reply=Reply(Route(thread="3"), lambda: play(NOTES)),
        rotating=turning if isinstance(connector, Renewing) else None,
    )
