"""What authors and readers do: correct and take away one's own, report what does not belong, ask to look again."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from interlock.converse.community import looking
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.views.frame import for_signed_in, page, signed_in, to_post
from interlock.converse.models import Post, Reply
from interlock.converse.moderation import cases, reporting, rewording, taking
from interlock.converse.moderation.forms import AppealForm, ReportForm, RewordForm
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

BOTH = require_http_methods(["GET", "POST"])


@never_cache
@for_signed_in
@BOTH
def reword(request: HttpRequest, post_id: int = 0, reply_id: int = 0) -> HttpResponse:
    """Other words for one's own within a day, or for anybody's with a reason."""
    person, now = signed_in(request), timezone.now()
    said = _visible(person, post_id, reply_id)
    if not rewording.may_reword(said, person, now):
        raise Http404
    form = RewordForm(
        request.POST or None,
        initial={"title": getattr(said, "title", ""), "words": said.words},
        has_title=isinstance(said, Post),
        is_author=said.author_id == person.pk,
    )
    if request.method == "POST" and form.is_valid():
        cleaned = {"title": "", "because": ""} | form.cleaned_data
        try:
            rewording.reword(said=said, by=person, now=now, **cleaned)
        except CommunityError as error:
            form.add_error(None, str(error))
        else:
            return _back(said)
    context = {"said": said, "post": _post(said), "form": form}
    return page(request, "reword", context, 422 if form.errors else 200)


@never_cache
@for_signed_in
@BOTH
def take_away(request: HttpRequest, post_id: int = 0, reply_id: int = 0) -> HttpResponse:
    """Take one's own words away, after reading what that means."""
    person = signed_in(request)
    said = _visible(person, post_id, reply_id)
    if not taking.may_take_away(said, person):
        raise Http404
    if request.method == "POST":
        post = _post(said)
        stays = taking.take_away(said=said, by=person, now=timezone.now())
        messages.info(request, _("It is gone."))
        return to_post(post) if stays or said is not post else redirect("community:mine")
    return page(request, "take_away", {"said": said, "post": _post(said)})


@never_cache
@for_signed_in
@BOTH
def report(request: HttpRequest, post_id: int = 0, reply_id: int = 0) -> HttpResponse:
    """Say that something does not belong here."""
    person = signed_in(request)
    said = _visible(person, post_id, reply_id)
    if said.author_id == person.pk or not said.is_public:
        raise Http404
    form = ReportForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            reporting.report(said=said, by=person, now=timezone.now(), **form.cleaned_data)
        except CommunityError as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, _("A colleague looks at it. Thank you."))
            post = _post(said)
            return to_post(post) if looking.posts_visible_to(person).filter(pk=post.pk).exists() else redirect("community:list")  # fmt: skip
    context = {"said": said, "post": _post(said), "form": form}
    return page(request, "report", context, 422 if form.errors else 200)


@never_cache
@for_signed_in
@BOTH
def appeal(request: HttpRequest, post_id: int = 0, reply_id: int = 0) -> HttpResponse:
    """Ask once to look again at what was not let through."""
    person = signed_in(request)
    said = _visible(person, post_id, reply_id)
    if not cases.may_appeal(said, person):
        raise Http404
    form = AppealForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            cases.appeal(said=said, by=person, now=timezone.now(), **form.cleaned_data)
        except CommunityError as error:
            form.add_error(None, str(error))
        else:
            messages.info(request, _("A colleague reads it."))
            return redirect("community:mine")
    context = {"said": said, "post": _post(said), "form": form, "reasons": cases.reasons_for(said)}
    return page(request, "appeal", context, 422 if form.errors else 200)


def _visible(person: Person, post_id: int, reply_id: int) -> Post | Reply:
    """The post or reply, where this person sees it; what is absent and what is hidden answer alike."""
    posts = looking.posts_visible_to(person)
    if post_id:
        return get_object_or_404(posts, pk=post_id)
    replies = Reply.objects.all() if may(person, Act.READ) else looking.replies_visible_to(person)
    found = get_object_or_404(replies.select_related("post__board", "post__status"), pk=reply_id)
    # One's own reply is one's own, whatever became of the post above it.
    if found.author_id != person.pk and not posts.filter(pk=found.post_id).exists():
        raise Http404
    return found


def _post(said: Post | Reply) -> Post:
    return said if isinstance(said, Post) else said.post


def _back(said: Post | Reply) -> HttpResponse:
    return to_post(said) if isinstance(said, Post) else to_post(said.post, f"#reply-{said.pk}")
