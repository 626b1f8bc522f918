"""What colleagues do here: answer who waits, and move a post on."""

from __future__ import annotations

from itertools import chain

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from interlock.converse.community import answering, looking, promise
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.forms import AnswerForm, StatusForm
from interlock.converse.community.views.frame import page, signed_in, to_post
from interlock.converse.community.views.posts import post_page
from interlock.converse.models import Post, Reply, Standing
from interlock.converse.moderation import lineage
from interlock.fabric.access import Act, needs
from interlock.listen import waiting


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
    keys = [row.clock.signal_key for row in rows]
    posts = Post.objects.filter(signal_key__in=keys).select_related("board", "status")
    replies = Reply.objects.filter(signal_key__in=keys).select_related("post__board", "post__status")
    said: dict[str, Post | Reply] = {one.signal_key: one for one in chain(posts, replies)}
    return [(row, _where(one), one.words) for row in rows if (one := said.get(row.clock.signal_key))]


def _where(said: Post | Reply) -> Post:
    """The post under which it is answered; one that was merged is answered in the other. A query for such alone."""
    post = said if isinstance(said, Post) else said.post
    return (lineage.leads_to(post) or post) if post.standing == Standing.MOVED else post


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
