"""An open board of Aldermoor, and a customer who may write on it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.cache import caches
from django.urls import reverse

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
MAIL = {
    "host": "mail.example.com", "port": 25, "security": "none", "user": "", "password": "", "sender": "us@example.com",
}  # fmt: skip


def page_of(post) -> str:
    return reverse("community:post", args=[post.pk, post.slug])


@pytest.fixture(autouse=True)
def no_kept_pages():
    caches["pages"].clear()


@pytest.fixture
def board(db, home):
    """A board that the public reads."""
    from interlock.converse.models import Board  # Django must be set up before rooms are imported
    from interlock.fabric.models import Company

    Company.objects.create(
        pk=1,
        name="Aldermoor",
        second_word="Riders",
        customer_word="rider",
        customers_word="riders",
        partner_word="shop",
    )
    return Board.objects.create(
        key="heron", name="Heron Cargo", products=["Heron Cargo", "Range+"], made_at=NOW, opened_at=NOW
    )


@pytest.fixture
def marta(person):
    return person("customer", name="Marta Hagen", account="A-17")


@pytest.fixture
def priya(person):
    return person("contributor", "product", name="Priya Nair")


@pytest.fixture
def write(board):
    """Post something: `write(marta)`, or `write(marta, kind="idea", title="A hook")`."""
    from interlock.converse.community import posting
    from interlock.converse.community.speaking import as_person
    from interlock.fabric import company

    def make(by, *, kind="ask", title="Will the 2027 display fit my Heron?", words="Mine goes dark in the rain.",
             product="Heron Cargo", now=NOW, on=board):  # fmt: skip
        return posting.write_post(
            board=on, kind=kind, title=title, words=words, product=product,
            speaker=as_person(by, company.company()), now=now,
        )  # fmt: skip

    return make


def judged(said, by, *, because="", now=NOW):
    """Decide about a post or reply, as a colleague does: with a reason it is not let through."""
    from interlock.converse.models import Case  # Django must be set up before rooms are imported
    from interlock.converse.moderation import cases, deciding

    case = Case.objects.filter(closed_at=None, **cases.naming(said)).first()
    case = case or deciding.look_again(said=said, by=by, now=now)
    return deciding.decide(case=case, let_through=not because, because=because, by=by, now=now)


@pytest.fixture
def mailed(settings, monkeypatch):
    """Mails that go out, instead of a server: the notes in their order."""
    from interlock.converse.community import entering  # Django must be set up before rooms are imported

    settings.MAIL_SERVER = MAIL
    notes = []
    monkeypatch.setattr(entering, "post", lambda _office, note, *, now, wait: notes.append(note))
    return notes
