"""Somebody leaves words everywhere in a home of its own and is erased; prints which files hold them before and after.

Run in an installation's own process, because what a file holds is only seen where the database is one.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
CANARY = b"canarium"


def holding() -> list[str]:
    """Files of the home that hold the word, in any letters, as text or as UTF-16."""
    from django.conf import settings

    found = []
    for path in sorted(settings.HOME.rglob("*")):
        if path.is_file():
            content = path.read_bytes().lower()
            if CANARY in content or CANARY.decode().encode("utf-16-le") in content:
                found.append(path.relative_to(settings.HOME).parts[0])
    return sorted(set(found))


def play() -> dict[str, list[str]]:
    from interlock.converse import services
    from interlock.converse.community import posting, signals
    from interlock.converse.community.speaking import as_person
    from interlock.converse.models import Board, Post
    from interlock.converse.moderation import erasing, rewording
    from interlock.fabric import company, work
    from interlock.fabric.contexts import context_for
    from interlock.fabric.models import Person, User
    from interlock.listen import flushing, withdrawing

    def person(name: str, role: str) -> Person:
        user = User.objects.create_user(f"{name.split()[0].lower()}@example.com")
        return Person.objects.create(user=user, name=name, role=role, functions=["service"])

    lena, ana, edda = (
        person("Lena Fuchs", "lead"),
        person("Canarium Ana", "customer"),
        person("Edda K", "customer"),
    )
    board = Board.objects.create(
        key="heron", name="Heron", about="", products=["Heron"], made_at=NOW, opened_at=NOW
    )
    us, asked = company.company(), {"board": board, "kind": "ask", "product": "Heron"}
    for number in range(30):  # so that pages of the database are given back
        posting.write_post(
            title=f"Canarium {number}", words=f"Canarium goes dark in the rain, {number}. " * 40,
            speaker=as_person(ana, us), now=NOW, **asked,
        )  # fmt: skip
    other = posting.write_post(
        title="A hood", words="Is there one?", speaker=as_person(edda, us), now=NOW, **asked
    )
    posting.write_reply(
        post=other, words="> Canarium goes dark in the rain, 3.\n\nAs Canarium Ana says.", now=NOW,
        speaker=as_person(edda, us),
    )  # fmt: skip
    mine = Post.objects.filter(author=ana).first()
    rewording.reword(
        said=mine, title="Canarium", words="Canarium said anew, in rain.", because="", by=ana, now=NOW
    )
    talk = services.open_conversation(
        context=context_for(kind="team", key="north", label="North"), title="Dates", question="Which?",
        people=[(lena, "service"), (ana, "customer")], by=lena, now=NOW,
    )  # fmt: skip
    services.say(conversation=talk, by=ana, body="A line of Canarium.", audience="customer", now=NOW)
    while signals.pass_on(now=NOW):
        pass
    work.run_ready()
    flushing.flush(now=NOW)
    before = holding()

    later = NOW + timedelta(minutes=5)
    erasing.erase(person=ana, now=later)
    work.run_ready()
    while signals.pass_on(now=later):
        pass
    work.run_ready()
    flushing.flush(now=later)
    withdrawing.clear_erased.func()  # two minutes later, once no page reads the earlier files
    erasing.rewrite_word_indexes.func()
    return {"before": before, "after": holding()}


if __name__ == "__main__":
    import django

    django.setup()
    print(json.dumps(play()))
