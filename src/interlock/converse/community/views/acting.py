"""What readers do under a post: reply, say that they have the same, vote, follow."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from interlock.converse.community import entering, looking, posting
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.forms import ReplyForm, WhoForm
from interlock.converse.community.speaking import as_person, without_account
from interlock.converse.community.views import drafts
from interlock.converse.community.views.entering import begin_with
from interlock.converse.community.views.frame import (
    for_signed_in,
    kept_back,
    machine_of,
    page,
    signed_in,
    to_post,
)
from interlock.converse.models import Post
from interlock.fabric import company
from interlock.fabric.access import person_of


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def reply(request: HttpRequest, post_id: int) -> HttpResponse:
    """Write a reply."""
    return _write(request, post_id, same=False)


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def same(request: HttpRequest, post_id: int) -> HttpResponse:
    """Say in one's own words that one has the same."""
    return _write(request, post_id, same=True)


def _write(request: HttpRequest, post_id: int, *, same: bool) -> HttpResponse:
    person = person_of(request)
    post = get_object_or_404(looking.posts_visible_to(person), pk=post_id)
    form = ReplyForm(request.POST or None, initial=_begun(request, post))
    named_only = request.POST.get("how") == "without" or not entering.mail_is_set_up()
    who = None if person else WhoForm(
        request.POST or None, by_code=not (named_only and request.method == "POST")
    )  # fmt: skip
    if request.method == "POST" and all([form.is_valid(), who is None or who.is_valid()]):
        answer = _send(request, post, form, who, same)
        if answer:
            return answer
    wrong = form.errors or (who is not None and who.errors)
    context = {"post": post, "form": form, "who": who, "same": same, "by_mail": entering.mail_is_set_up()}
    return page(request, "reply", context, 422 if wrong else 200)


def _begun(request: HttpRequest, post: Post) -> drafts.Draft:
    """What was written here before, where it could not be sent."""
    draft = drafts.kept(request.session)
    return {"words": draft["words"]} if draft.get("post") == post.pk else {}


def _send(
    request: HttpRequest, post: Post, form: ReplyForm, who: WhoForm | None, same: bool
) -> HttpResponse | None:
    words, about, person = form.cleaned_data["words"], company.company(), person_of(request)
    if person is None and who is not None and who.by_code:
        draft = {"post": post.pk, "words": words, "same": same}
        back = reverse("community:post", args=[post.pk, post.slug])
        return redirect("community:code") if begin_with(draft, request, who, back) else None
    speaker = (
        as_person(person, about)
        if person
        else without_account(
            who.cleaned_data["name"], about, machine_of(request), who.cleaned_data["address"]
        )
    )
    try:
        made = posting.write_reply(
            post=post, words=words, speaker=speaker, now=timezone.now(), has_the_same=same
        )
    except CommunityError as error:
        form.add_error(None, str(error))
        return None
    drafts.forget(request.session)
    if person is None:
        return kept_back(request, made)
    # Nothing is said of it: the reply shows itself, and a message would be a second write.
    return to_post(post, f"#reply-{made.pk}")


@require_POST
@for_signed_in
def vote(request: HttpRequest, post_id: int) -> HttpResponse:
    """Want an idea or have a problem too, or no longer."""
    person = signed_in(request)
    post = get_object_or_404(looking.posts_visible_to(person), pk=post_id)
    try:
        posting.vote(post=post, by=person, on=request.POST.get("on") == "yes", now=timezone.now())
    except CommunityError as error:
        messages.warning(request, str(error))
    return to_post(post)


@require_POST
@for_signed_in
def follow(request: HttpRequest, post_id: int) -> HttpResponse:
    """Follow a post, or no longer."""
    person = signed_in(request)
    post = get_object_or_404(looking.posts_visible_to(person), pk=post_id)
    posting.follow(post=post, by=person, on=request.POST.get("on") == "yes", now=timezone.now())
    return to_post(post)
