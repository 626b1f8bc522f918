"""The board and the people of the community, and what moderation needs beside them."""

from __future__ import annotations

import pytest

from converse.community.conftest import NOW, board, mailed, marta, no_kept_pages, priya, write  # noqa: F401 - fixtures


@pytest.fixture
def lena(person):
    return person("lead", "service", name="Lena Fuchs")


@pytest.fixture
def edda(person):
    return person("customer", name="Edda Kühn", account="A-18")


@pytest.fixture
def reply(board):  # noqa: F811 - the fixture
    """Reply under a post: `reply(post, edda, "Mine as well.")`."""
    from interlock.converse.community import posting  # Django must be set up before rooms are imported
    from interlock.converse.community.speaking import as_person
    from interlock.fabric import company

    def make(post, by, words="Mine goes dark as well.", *, same=False, now=NOW):
        speaker = as_person(by, company.company())
        return posting.write_reply(post=post, words=words, speaker=speaker, now=now, has_the_same=same)

    return make


@pytest.fixture
def unnamed(board):  # noqa: F811 - the fixture
    """Write without an account: `unnamed("A hook", "Under the seat.")`."""
    from interlock.converse.community import posting  # see above
    from interlock.converse.community.speaking import without_account
    from interlock.fabric import company

    def make(title="A hook", words="Under the seat.", *, address="", machine="machine", now=NOW):
        return posting.write_post(
            board=board, kind="idea", title=title, words=words, product="",
            speaker=without_account("Ana Silva", company.company(), machine, address), now=now,
        )  # fmt: skip

    return make


@pytest.fixture
def heard():
    """Do what a worker does: pass on what is due, settle it, and write it into the records."""
    from django.utils import timezone  # see above

    from interlock.converse.community import signals
    from interlock.listen import settling

    def hear():
        while signals.pass_on(now=timezone.now()):
            pass
        settling.settle(now=timezone.now())

    return hear
