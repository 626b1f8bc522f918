"""Making one post of two and two of one, and a post of a reply."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from interlock.converse.community import finding
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.views.frame import page, signed_in, to_post
from interlock.converse.models import Merge, Post, Reply, Split, Standing
from interlock.converse.moderation import merging, splitting
from interlock.converse.moderation.forms import SplitForm
from interlock.fabric.access import Act, needs
from interlock.fabric.numbers import number_of

MOST_OFFERED = 12


@require_http_methods(["GET", "POST"])
@needs(Act.ANSWER)
def merge(request: HttpRequest, post_id: int) -> HttpResponse:
    """Choose the post that this one becomes part of: looked for, or one of those that say nearly the same."""
    post = get_object_or_404(Post.objects.select_related("board", "status"), pk=post_id)
    error = ""
    if request.method == "POST":
        into = get_object_or_404(Post, pk=number_of(request.POST.get("into", "")))
        try:
            merging.merge(post=post, into=into, by=signed_in(request), now=timezone.now())
        except CommunityError as refused:
            error = str(refused)
        else:
            messages.info(request, _("These are one now; it can be undone at the end of the page."))
            return to_post(into)
    asked = request.GET.get("q", "").replace("\0", "").strip()[:200]
    public = (
        Post.objects.filter(standing=Standing.PUBLIC).exclude(pk=post.pk).select_related("board", "status")
    )
    if asked:
        offered = list(finding.containing(public, asked).order_by("-people_count", "-pk")[:MOST_OFFERED])
    else:
        offered = finding.much_like(public, f"{post.title} {post.words}", most=MOST_OFFERED)
    fitting = [(one, merging.why_not(post, one)) for one in offered]
    return page(
        request,
        "merge",
        {"post": post, "offered": fitting, "asked": asked, "error": error},
        422 if error else 200,
    )


@require_POST
@needs(Act.ANSWER)
def undo_merge(request: HttpRequest, merge_id: int) -> HttpResponse:
    """Make two posts of one again."""
    merge = get_object_or_404(Merge.objects.select_related("post", "into"), pk=merge_id)
    try:
        merging.undo(merge=merge, by=signed_in(request), now=timezone.now())
        messages.info(request, _("These are two again."))
    except CommunityError as error:
        messages.warning(request, str(error))
    return to_post(merge.post)


@require_http_methods(["GET", "POST"])
@needs(Act.ANSWER)
def split(request: HttpRequest, reply_id: int) -> HttpResponse:
    """Give a reply a title and a kind, so that it becomes a post."""
    reply = get_object_or_404(Reply.objects.select_related("post__board"), pk=reply_id)
    form = SplitForm(request.POST or None, initial={"kind": reply.post.kind})
    if request.method == "POST" and form.is_valid():
        try:
            made = splitting.split(
                reply=reply, by=signed_in(request), now=timezone.now(), **form.cleaned_data
            )
        except CommunityError as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, _("It is a post of its own now."))
            return to_post(made.post)
    context = {"reply": reply, "post": reply.post, "form": form}
    return page(request, "split", context, 422 if form.errors else 200)


@require_POST
@needs(Act.ANSWER)
def undo_split(request: HttpRequest, split_id: int) -> HttpResponse:
    """Make a reply of it again."""
    made = get_object_or_404(Split.objects.select_related("post", "reply__post"), pk=split_id)
    try:
        reply = splitting.undo(split=made, by=signed_in(request), now=timezone.now())
    except CommunityError as error:
        messages.warning(request, str(error))
        return to_post(made.post)
    messages.info(request, _("It is a reply again."))
    return to_post(reply.post, f"#reply-{reply.pk}")
