"""A small company in which every page has something to show, and the addresses of those pages.

The addresses come from the permission policy, so that a new page is looked at without anybody thinking of it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from unittest.mock import patch
from urllib.parse import urlencode
from uuid import uuid4

from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from interlock.analytics.text.encoders import static
from interlock.connectors.live_registry import live_connectors
from interlock.converse import services as talks
from interlock.converse.bringing import carrying
from interlock.converse.bringing.rows import Author, PostRow, Refused
from interlock.converse.community import answering, posting
from interlock.converse.community.speaking import on_behalf, without_account
from interlock.converse.loop import closing, counting, stories
from interlock.converse.models import Board, Bringing, Case, Closure, ToldPerson
from interlock.converse.notices import stopping
from interlock.fabric import company as companies
from interlock.fabric.chats import keeping
from interlock.fabric.models import Attempt, Chat, Person
from interlock.listen import asking_tasks, inbox, live_sources, signal_copies
from interlock.listen import services as listening
from interlock.listen.answers import rounds
from interlock.listen.live_sources import Terms
from interlock.listen.models import (
    Alarm,
    Answer,
    AnsweredSignal,
    AnswerRound,
    Signal,
    Source,
    Theme,
    ThemedSignal,
    ThemeFigures,
    ThemeState,
    WatchedStream,
)
from interlock.listen.outcry import past
from interlock.listen.themes import counting as theme_counting
from interlock.listen.themes import deciding, editing, learning
from interlock.listen.themes.weeks import week_of
from interlock.listen.trying_out import Trial
from interlock.reconnect import services
from interlock.reconnect.models import Disconnect
from listen.themed import direction, theme
from web.policy import POLICY
from web.test_permissions import ADDRESSES

# Files, fragments for htmx, and ways in that send a signed-in person on.
NOT_PAGES = {
    "api:refused",
    "listen:signals_csv",
    "notices:calendar",
    "listen:progress",
    "listen:refused",
    "reconnect:rows_file",
    "converse:evidence_file",
    "converse:line",
    "converse:arrived",
    "converse:people",
    "converse:picture",
    "mfa_download_recovery_codes",
    "web:gallery",
    "web:live",
    "listen:waiting_csv",
    "listen:sources_csv",
    "listen:access_given",
    "web:themes_csv",
    "web:outcries_csv",
    "community:robots",
    "community:near",
    "community:feed",
    "community:board_feed",
    "community:sitemap",
    "community:sitemap_part",
    "community:short",
    "community:code",
    "loop:you_said_feed",
    "loop:you_said_rows",
    "community:kept_copy",
    "community:bringing_moving",
    "community:bringing_refused",
    "widget:script",
    "widget:panel",
    # Of customers: tests/browser/test_community.py reads them.
    "community:take_away_post",
    "community:take_away_reply",
    "community:appeal_post",
    "community:appeal_reply",
    "community:moderation_file",
}
SEARCHES = {
    "reconnect:disconnects": [{"view": "map"}, {"view": "table"}, {"tab": "suspected"}],
    "web:search": [{"q": "heron"}, {"q": "nothing of the kind"}],
    "listen:signals": [{"q": "bike"}, {"meaning": "the bike came late"}],
    "web:place_signal": [{"q": "late"}],
    "web:outcries": [{"show": "all"}, {"show": "over"}],
    "web:themes": [{"show": "all"}, {"show": "few"}],
    "web:people": [{"side": "customer"}, {"side": "partner", "q": "none"}],
}


Themes = Callable[[Person, datetime], Theme]


def make_company(person, themes: Themes) -> dict[str, object]:
    """The small Aldermoor of `demo_records` with what the rules say of it, people, a conversation and an upload that is open."""
    now = timezone.now()
    ines, tomas = person("owner", "service", name="Ines Calder"), person("lead", "sales", name="Tomas Brandt")
    oluchi = person("lead", "production", name="Oluchi Eze")
    services.detect_disconnects(now=now)
    Source.objects.create(key="demo", name="Aldermoor (demo)", kind="demo", made_at=now)
    signal_copies.sync()
    found = Disconnect.objects.order_by("pk").first()
    talk = talks.open_conversation(
        context=found.context,
        title="Which date may a shop promise?",
        purpose="fewer missed dates",
        question="Which date may a shop promise?",
        due=(now + timedelta(days=9)).date(),
        by=tomas,
        people=[(oluchi, "production"), (ines, "service")],
        now=now,
    )
    first = talks.say(conversation=talk, by=tomas, body="Who knew?", kind="ask", now=now)
    talks.say(conversation=talk, by=oluchi, body="We did.", kind="answer", reply_to=first, now=now)
    talks.decide(conversation=talk, by=tomas, chosen="Ask first.", because="It is cheaper.", now=now)
    talks.commit(conversation=talk, by=tomas, what="ask", owner=oluchi, due=now.date(), now=now)
    work_in_every_state()
    asked = listening.ask_for_demo(orders=100, by=ines, now=now)
    return {
        "ines": ines,
        "disconnect_id": found.pk,
        "selection": "hits",
        "conversation_id": talk.pk,
        "message_id": first.pk,
        "signal_id": Signal.objects.exclude(order_key="").first().pk,
        "import_id": asked.pk,
        "person_id": tomas.pk,
        "token": "no-such-token",
        "kind": "zendesk",
        "source_id": connected(now).pk,
        "chat_id": chat(ines, now).pk,
        "alarm_id": outcry(now).pk,
        **answered_theme(themes(ines, now), ines, now),
        **community(ines, now),
    }


def community(ines, now) -> dict[str, object]:
    """An open board with a question that a named person answered, one that waits, and a held reply."""
    board = Board.objects.create(
        key="heron", name="Heron Cargo", about="The Heron.", made_at=now, opened_at=now
    )
    about = companies.company()
    asked = {"board": board, "kind": "ask", "product": "", "now": now}
    post = posting.write_post(
        title="Will the display fit?", words="Mine is dark.", speaker=on_behalf("Marta Hagen", ines, about, "in a call"), **asked
    )  # fmt: skip
    held = posting.write_reply(
        post=post, words="Same?", speaker=without_account("Ana Silva", about, "one"), now=now
    )
    reply = posting.write_reply(
        post=post, words="So is mine.", speaker=on_behalf("Edda Kühn", ines, about, "in a call"), now=now
    )
    answering.answer(post=post, by=ines, what_i_do="leads service", words="Yes, it fits.", now=now)
    return {
        "board": "heron",
        "slug": post.slug,
        "post_id": post.pk,
        "board_id": board.pk,
        "bringing_id": brought_in(board, ines, now),
        "reply_id": reply.pk,
        "case_id": Case.objects.get(reply=held).pk,
    }


def brought_in(board, by, now) -> int:
    """An import of two posts, with a row that was refused."""
    bringing = Bringing.objects.create(
        source="Our Fider", system="csv", board=board, kind="idea", by=by, made_at=now
    )
    rows = [
        PostRow("1", "A hook for bags", "On the left.", now, Author("1", "Jonas Weber")),
        PostRow("2", "A bell", "A loud one.", now, Author("2", "Marta Hagen")),
        Refused("3", "it names no moment"),
    ]
    carrying.carry_out(bringing, rows, now=now, dry_run=True)
    return bringing.pk


def learnt_theme(by, now) -> Theme:
    """The greatest theme of what was said: above its limit, renamed once, and nobody decides yet."""
    with patch.object(
        learning, "choose_encoder", lambda texts, seed, said: static()
    ):  # minutes less than MiniLM
        learning.learn(now=now)
    found = ThemeFigures.objects.order_by("-rank").first().theme
    editing.rename(theme=found, name="When does my bike come?", by=by, now=now)
    Theme.objects.filter(pk=found.pk).update(state=ThemeState.EMERGING, state_since=now)
    return found


def written_theme(by, now) -> Theme:
    """One theme of what was said, in place of a learning of half a minute."""
    found = theme("When does my bike come?", direction(1), state=ThemeState.EMERGING, state_since=now)
    for number, signal in enumerate(Signal.objects.order_by("-occurred_at", "pk")[:6]):
        ThemedSignal.objects.create(
            signal=signal, cluster=found.clusters.get(), occurred_at=signal.occurred_at, likeness=0.9, voice=number,
            week=week_of(signal.occurred_at), customer=number, let_down=False,
        )  # fmt: skip
    theme_counting.count(now=now)
    return found


def answered_theme(theme, by, now) -> dict:
    """A round of answers about the theme that has not left, and how its loop was closed."""
    signal = Signal.objects.filter(themed__cluster__theme=theme).first()
    made = AnswerRound.objects.create(
        reference=uuid4(), theme=theme, by=by, text="It comes on Friday.", made_at=now, sends_at=now,
        recipients=[[signal.key]], written_at=now,
    )  # fmt: skip
    answer = Answer.objects.create(author=by, text=made.text, made_at=now, state="waiting", round=made)
    AnsweredSignal.objects.create(answer=answer, signal_key=signal.key)
    return {"key": theme.key, "round_id": made.pk, **closed_loop(theme, by, now)}


def closed_loop(theme, by, now) -> dict:
    """The theme is decided, customers were told, one says no, and the public reads of it."""
    deciding.ask_decision(
        theme=theme,
        question="Which date?",
        decider=by,
        decide_by=now.date(),
        function="sales",
        by=by,
        now=now,
    )
    deciding.decide(theme=theme, decision="Dates come from the line.", by=by, now=now)
    counting.count(now=now)
    course = closing.course_of(theme)
    signal = Signal.objects.filter(themed__cluster__theme=theme).order_by("pk")[1]
    made = rounds.begin_letters(
        theme=theme, by=by, text="Dates are true now.", recipients=[[signal.key]], letters={signal.key: ("True.", "")}, ways=[],
        reference=uuid4(), now=now,
    )  # fmt: skip
    closure = Closure.objects.create(
        theme=theme, decision=course.decision, decided_at=course.decided_at, texts={"en": "Dates are true now."},
        customers=40, first_said_at=theme.began_at, by=by, made_at=now, round=made,
    )  # fmt: skip
    ToldPerson.objects.create(
        closure=closure, key="a" * 24, reference=uuid4(), language="en", told_at=now, choice="no"
    )
    stories.show(
        theme=theme, said="Tell me a date that is true.", did="Dates come from the line.", who="Sales",
        product="City 3", by=by, now=now,
    )  # fmt: skip
    mail_link = stopping.address_of(Person.objects.filter(user__isnull=False).first())
    return {"link": "a" * 24, "step": "decided", "signed": mail_link.rstrip("/").rpartition("/")[2]}


def outcry(now) -> Alarm:
    """An outcry about a product of which much was said, and what the watch would have said of the past."""
    about = Signal.objects.exclude(product_key="").order_by("-occurred_at").first()
    stream = WatchedStream.objects.create(
        kind="product", key=about.product_key, number=0, began_at=now - timedelta(days=40), state="outcry"
    )
    known = {
        "at": about.occurred_at.isoformat(), "times": [3.9, 7.1], "signals": 3, "customers": 3, "new_share": 0.9,
        "voices": 40.0, "low": 2, "rated": 3, "where": {"region": [[about.region, 2]]}, "quotes": [about.key],
        "changes": [{"kind": "campaign", "name": "Spring", "at": "2026-03-01", "same_product": True}],
        "unhappy": {"now": 0.6, "usual": 0.3, "voices": 40, "power": 4.0},
    }  # fmt: skip
    alarm = Alarm.objects.create(
        stream=stream, label=about.product_label, began_at=about.occurred_at, outcry_at=about.occurred_at,
        state="outcry", strength=6, times=5.2, known=known,
    )  # fmt: skip
    named = {
        "kind": "product",
        "key": stream.key,
        "label": alarm.label,
        "at": "2026-03-01T08:00:00+00:00",
        "times": 4.0,
    }
    heard = {**named, "peak": "2026-03-01T11:00:00+00:00", "lead_hours": 3.0}
    missed = {**named, "at": "2026-02-01T08:00:00+00:00", "peak": "2026-02-01T11:00:00+00:00"}
    tested = {
        "false_alarms": 1, "days": 91.25, "allowed": 0.4, "alarm_count": 2, "false": 1, "incident_count": 2, "heard": 1,
        "lead_hours": 3.0, "alarms": [heard, {**named, "peak": None}], "missed": [missed],
    }  # fmt: skip
    past.keep({
        "state": "done", "at": now.isoformat(), "since": "2026-01-20T00:00:00+00:00", "streams": 3, "signals": 900,
        "until": "2026-03-10T00:00:00+00:00", "left_out": ["Reviews"], "tests": [tested],
    })  # fmt: skip
    return alarm


def connected(now) -> Source:
    """A help desk that was tried, brought something once, and refuses its credentials since."""
    source = live_sources.make_source(
        connector=live_connectors()["zendesk"],
        terms=Terms(name="Help desk", ask_every=300, purpose="To answer whoever asks."),
        answers={"address": "https://aldermoor.zendesk.com", "token": "hidden"},
        by=None,
        now=now,
    )
    live_sources.resume_source(source=source, by=None, now=now)
    ticket = {"signal_id": "zd:1", "kind": "ticket", "occurred_at": "2026-03-02T08:00:00Z", "body": "Late."}
    good = inbox.checked("signals", ticket, place="ticket 1", now=now)
    inbox.take_in([inbox.Offer(source, [good], [inbox.Refusal("ticket 2", "It says nothing.")])], now=now)
    Source.objects.filter(pk=source.pk).update(ask_at=None, failures=1, error="Zendesk refused it (401).")
    tried = Trial(
        said="Zendesk answers.", refused=[{"place": "ticket 9", "field": "body", "reason": "Empty."}]
    )
    tried.rows = [{"table": "signals", "place": "ticket 1", "cells": ticket}]
    DBTaskResult.objects.create(
        task_path=asking_tasks.try_source.module_path,
        args_kwargs={"args": [source.pk], "kwargs": {}},
        backend_name="default",
        status="SUCCESSFUL",
        return_value=tried.as_json(),
        finished_at=now,
    )
    return source


def chat(owner: Person, now: datetime) -> Chat:
    """A chat of service that is not told any more, with a long reason, beside one that is."""
    for function, name in (("production", "Production"), ("service", "#service-desk-of-the-workshops-north")):
        one = keeping.add_chat(
            function=function,
            name=name,
            address="https://hooks.slack.com/services/T0/B0/a-secret",
            hears=keeping.FIRST_HEARS,
            by=owner,
            now=now,
        )
    one.failures, one.stopped_at, one.failed_at, one.told_at = 5, now, now, now - timedelta(days=3)
    one.error = "hooks.slack.com refused it (404). Make a new webhook there and enter its address."
    one.save()
    return one


def work_in_every_state() -> None:
    """Background work that runs, waits, failed, and was done."""
    for name in ("runs", "failed", "done", "waits again"):
        DBTaskResult.objects.create(
            task_path="interlock.listen.tasks.copy_signals",
            args_kwargs={"args": [], "kwargs": {}},
            backend_name="default",
            worker_ids=["worker@here:12:0123abcd"],
            status={"runs": "RUNNING", "failed": "FAILED", "done": "SUCCESSFUL"}.get(name, "READY"),
            started_at=timezone.now(),
            finished_at=timezone.now() if name in {"failed", "done"} else None,
        )
    for row in DBTaskResult.objects.filter(status__in=["FAILED", "READY"]):
        Attempt.objects.create(
            task_id=row.pk,
            path=row.task_path,
            made_at=timezone.now(),
            number=8,
            given_up=row.status == "FAILED",
            ended_at=timezone.now(),
            error="The records are being written by process 4711 (import-of-the-whole-shop). Try again when it is done.",
        )


def addresses(company: dict) -> list[str]:
    """Every address of the policy that the owner reads as a page, with objects that are there."""
    found = []
    for name, row in POLICY.items():
        parameters = ADDRESSES[name]
        community = name.startswith(("community:", "loop:you_said", "loop:follow", "loop:answer", "notices:"))
        if "get" not in row.methods or name in NOT_PAGES or name in {"web:context", "web:organisation"}:
            continue
        if "owner" not in row.roles and not community:
            continue
        if set(parameters) <= set(company):
            address = reverse(name, kwargs={key: company[key] for key in parameters})
            found += [address, *(f"{address}?{urlencode(query)}" for query in SEARCHES.get(name, ()))]
    signal = Signal.objects.get(pk=company["signal_id"])
    about = [("account", signal.account_key), ("product", signal.product_key), ("order", signal.order_key)]
    about += [("region", signal.region), ("team+family", "shops-north|Heron Cargo")]
    found += [f"{reverse('web:context')}?{urlencode({'kind': kind, 'key': key})}" for kind, key in about]
    found += [f"{reverse('web:organisation')}?{urlencode({'key': signal.account_key})}"]
    return [*found, "/nowhere/a-long-address-of-many-signs-that-nobody-would-ever-have-typed/"]
