"""What colleagues do here: answer who waits, move a post on, let through what was held."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from interlock.converse.community import answering, looking, promise
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.forms import AnswerForm, StatusForm
from interlock.converse.community.views.frame import page, signed_in, to_post
from interlock.converse.community.views.posts import post_page
from interlock.converse.models import Post, Reply, Standing
from interlock.fabric.access import Act, needs
from interlock.listen import waiting

HELD_SHOWN = 100


@require_GET
@needs(Act.READ)
def queue(request: HttpRequest) -> HttpResponse:
    """Who waits in the community, whoever is due first on top."""
    now = timezone.now()
    clocks = promise.running_clocks()
    found = waiting.queue_page(
        clocks, now=now, after=request.GET.get("after", ""), before=request.GET.get("before", "")
    )
    context = {
        "rows": _with_posts(found.rows),
        "counts": waiting.counts(clocks, now),
        "promise": promise.promise(now),
        "earlier": f"?before={found.earlier}" if found.earlier else "",
        "later": f"?after={found.later}" if found.later else "",
    }
    return page(request, "queue", context)


def _with_posts(rows: list[waiting.Row]) -> list[tuple[waiting.Row, Post, str]]:
    """Each clock with the post it is about and the words that wait. Two queries."""
    numbers: dict[str, list[int]] = {"post": [], "reply": []}
    named = []
    for row in rows:
        kind, _dash, number = row.clock.signal_key.removeprefix("community:").rpartition("-")
        if kind in numbers:
            numbers[kind].append(int(number))
            named.append((row, kind, int(number)))
    posts = Post.objects.select_related("board", "status").in_bulk(numbers["post"])
    replies = Reply.objects.select_related("post__board", "post__status").in_bulk(numbers["reply"])
    found = []
    for row, kind, number in named:
        said = posts.get(number) if kind == "post" else replies.get(number)
        if said is not None:
            found.append((row, said if isinstance(said, Post) else said.post, said.words))
    return found


@require_POST
@needs(Act.ANSWER)
def answer(request: HttpRequest, post_id: int) -> HttpResponse:
    """Answer for the company."""
    person = signed_in(request)
    post = get_object_or_404(looking.posts_visible_to(person), pk=post_id)
    form = AnswerForm(request.POST)
    if form.is_valid():
        try:
            answering.answer(post=post, by=person, now=timezone.now(), **form.cleaned_data)
        except CommunityError as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, _("Your answer is online, and the clocks of who asked have stopped."))
            return to_post(post)
    return post_page(request, post, person, status=422, answer_form=form)


@require_POST
@needs(Act.ANSWER)
def status(request: HttpRequest, post_id: int) -> HttpResponse:
    """Move a post on, with the reason that everybody reads."""
    person = signed_in(request)
    post = get_object_or_404(looking.posts_visible_to(person), pk=post_id)
    form = StatusForm(request.POST, post=post)
    if form.is_valid():
        try:
            answering.change_status(post=post, by=person, now=timezone.now(), **form.cleaned_data)
        except CommunityError as error:
            form.add_error(None, str(error))
        else:
            return to_post(post)
    return post_page(request, post, person, status=422, status_form=form)


@require_GET
@needs(Act.ANSWER)
def moderation(request: HttpRequest) -> HttpResponse:
    """What came without an account and waits to be let through, the longest waiting first."""
    held = {"standing": Standing.HELD}
    posts = Post.objects.filter(**held).select_related("board").order_by("said_at")[:HELD_SHOWN]
    replies = Reply.objects.filter(**held).select_related("post__board").order_by("said_at")[:HELD_SHOWN]
    everything: list[Any] = sorted([*posts, *replies], key=lambda one: one.said_at)
    return page(request, "moderation", {"held": everything[:HELD_SHOWN]})


@require_POST
@needs(Act.ANSWER)
def judge_post(request: HttpRequest, post_id: int) -> HttpResponse:
    """Let a held post through, or say why not."""
    return _judge(request, get_object_or_404(Post.objects.select_related("board"), pk=post_id))


@require_POST
@needs(Act.ANSWER)
def judge_reply(request: HttpRequest, reply_id: int) -> HttpResponse:
    """Let a held reply through, or say why not."""
    return _judge(request, get_object_or_404(Reply.objects.select_related("post__board"), pk=reply_id))


def _judge(request: HttpRequest, said: Post | Reply) -> HttpResponse:
    by, now = signed_in(request), timezone.now()
    try:
        if request.POST.get("act") == "let through":
            answering.let_through(said=said, by=by, now=now)
            messages.info(request, _("It is online."))
        else:
            answering.reject(said=said, by=by, because=request.POST.get("because", ""), now=now)
            messages.info(request, _("It stays unread by others."))
    except CommunityError as error:
        messages.warning(request, str(error))
    return redirect("community:moderation")
