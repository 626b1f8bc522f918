"""Every public contribution of a customer is a signal too, so that clocks, themes, outcries and search know of it.

A contribution marks itself as due in its own transaction; the task here offers what is due to listen's inbox.
The same record again is a duplicate there, so a worker killed half way does no harm.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

from django.conf import settings
from django.db.models import F
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.converse.community import finding
from interlock.converse.models import Contribution, Kind, Post, Reply, Standing
from interlock.converse.moderation.lineage import leads_to, merged_into
from interlock.fabric import work
from interlock.listen import inbox, services, withdrawing
from interlock.listen.clocks import IMPORT_DAYS
from interlock.listen.models import Source, SourceKind

# A question in public is owed its answer soonest; ideas have days.
SIGNAL_KINDS = {
    Kind.ASK: "post",
    Kind.IDEA: "idea",
    Kind.PROBLEM: "complaint",
    Kind.PRAISE: "praise",
}
AT_ONCE = 500
# Looking at the records for one signal costs as much as for a hundred, and takes it from who reads and writes.
PAUSE = timedelta(seconds=2)
HISTORY = timedelta(days=IMPORT_DAYS)
FROM_ELSEWHERE = "it was brought in from another community, as history"
ASKS_NOTHING = "said among customers; it asks nothing of us"


def key_of(said: Post | Reply) -> str:
    return f"community:{'post' if isinstance(said, Post) else 'reply'}-{said.pk}"


def community_source(now: datetime) -> Source:
    """The source under which all of it is counted, made when first needed."""
    found = Source.objects.filter(kind=SourceKind.COMMUNITY, removed_at=None).first()
    return found or services.name_source(name="Community", kind=SourceKind.COMMUNITY, now=now)


def ask_to_hear(now: datetime) -> None:
    """Let a worker pass on what is due, inside the caller's transaction; what comes within two seconds goes together."""
    work.ask(hear, run_after=now + PAUSE)


@work.task(queue="prompt", key="community signals", title=_("Let the community be heard"))
def hear() -> None:
    """Pass on everything that is due."""
    while pass_on(now=timezone.now()):
        pass


def pass_on(*, now: datetime) -> int:
    """Offer what is due to the inbox, at most AT_ONCE; return how many. Not inside another transaction.

    The newest first: after a community was brought in its thousands are due, and who asks now waited for all of them.
    """
    posts = list(
        Post.objects.filter(signal_due__isnull=False)
        .select_related("author")
        .order_by("-signal_due")[:AT_ONCE]
    )
    left = AT_ONCE - len(posts)
    replies = Reply.objects.filter(signal_due__isnull=False).select_related("author", "post")
    due: list[Post | Reply] = [*posts, *replies.order_by("-signal_due")[:left]]
    if not due:
        return 0
    rows = [inbox.checked("signals", _row(one), place=one.signal_key, now=now) for one in due]
    good = [row for row in rows if not isinstance(row, inbox.Refusal)]
    refused = [row for row in rows if isinstance(row, inbox.Refusal)]
    inbox.take_in([inbox.Offer(source=community_source(now), rows=good, refused=refused)], now=now)
    for one in due:
        # What changed meanwhile has another time and stays due.
        type(one).objects.filter(pk=one.pk, signal_due=one.signal_due).update(signal_due=None)
    _withdraw_gone(due, now)
    _note_what_is_close(posts)
    return len(due)


def _withdraw_gone(due: list[Post | Reply], now: datetime) -> None:
    """Take out again what was taken back while it was passed on. Two queries."""
    stands = [Standing.PUBLIC, Standing.MOVED]
    there = set(
        chain.from_iterable(
            said.objects.filter(
                signal_key__in=[one.signal_key for one in due], standing__in=stands
            ).values_list("signal_key", flat=True)
            for said in (Post, Reply)
        )
    )
    gone = [one.signal_key for one in due if one.signal_key not in there]
    if gone:
        withdrawing.withdraw(keys=gone, now=now)


def keys_under(post: Post) -> list[str]:
    """The signals that one official answer answers: of the post, of those merged into it, of public replies. Two queries."""
    replies = post.replies.filter(standing=Standing.PUBLIC).exclude(signal_key="")
    asked = [one.signal_key for one in (post, *merged_into(post))]
    return [key for key in chain(asked, replies.values_list("signal_key", flat=True)) if key]


def _row(said: Post | Reply) -> dict[str, Any]:
    return {name: value for name, value in _columns(said) if value not in {"", None}}


def _columns(said: Post | Reply) -> Iterator[tuple[str, Any]]:
    post = said if isinstance(said, Post) else said.post
    yield "signal_id", said.signal_key
    yield "kind", SIGNAL_KINDS[Kind(post.kind)] if said is post or said.has_the_same else "post"
    yield "occurred_at", said.said_at.astimezone(UTC).isoformat()
    yield "account_id", said.author.account_key if said.author else ""
    yield "contact_id", f"community:{said.author_id}" if said.author_id else ""
    yield "channel", "community"
    yield "title", post.title
    yield "body", said.words
    stands = leads_to(post) or post if post.standing == Standing.MOVED else post
    yield "url", f"{settings.PAGES_URL}{reverse('community:post', args=[stands.pk, stands.slug])}"
    if post.answered_at and post.answered_at >= said.said_at:
        yield "first_reply_at", post.answered_at.astimezone(UTC).isoformat()
    elif is_history(said):
        yield "resolved_at", said.said_at.astimezone(UTC).isoformat()
        yield "resolution", FROM_ELSEWHERE
    elif said is not post and not asks(said):
        yield "resolved_at", said.said_at.astimezone(UTC).isoformat()
        yield "resolution", ASKS_NOTHING


def is_history(said: Post | Reply) -> bool:
    """Whether it was brought in from another community and is too old for a clock to start now."""
    brought = bool(said.quoted_from) and said.origin == Contribution.Origin.OWN
    return brought and said.signal_due is not None and said.signal_due - said.said_at > HISTORY


def asks(reply: Reply) -> bool:
    """Whether somebody waits for an answer of the company to this reply."""
    return reply.has_the_same or "?" in reply.words or "？" in reply.words


def _note_what_is_close(posts: list[Post]) -> None:
    """Keep on each new post which others are much like it, so that its page need not look."""
    public = Post.objects.filter(standing=Standing.PUBLIC)
    for post in posts:
        alike = finding.much_like(
            public.filter(board=post.board_id), f"{post.title} {post.words}", besides=post.pk
        )
        # The new version lets the kept page be made anew.
        Post.objects.filter(pk=post.pk).update(close_to=[one.pk for one in alike], version=F("version") + 1)
