"""Writing a post, what is much like it meanwhile, what became of one's own, and what we keep of people."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interlock.converse.community import entering, finding, looking, posting
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.forms import BehalfForm, TellForm, WhoForm
from interlock.converse.community.speaking import Speaker, as_person, of_the_house, on_behalf, without_account
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
from interlock.converse.loop import own_feedback
from interlock.converse.models import Follow, Kind, Post, Standing
from interlock.fabric import company
from interlock.fabric.access import Act, may, person_of
from interlock.fabric.models import Person


@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def tell(request: HttpRequest) -> HttpResponse:
    """Write a post: signed in at once, by a mailed code, without an account, or by a colleague for a customer."""
    person = person_of(request)
    boards = looking.boards_visible_to(person)
    begun = {"kind": Kind.ASK, "board": boards.filter(key=request.GET.get("board", "")).first()}
    form = TellForm(request.POST or None, boards=boards, initial=begun | drafts.kept(request.session))
    extra = _second_form(request, person)
    if request.method == "POST" and all([form.is_valid(), extra is None or extra.is_valid()]):
        answer = _send(request, person, form, extra)
        if answer:
            return answer
    wrong = form.errors or (extra is not None and extra.errors)
    context = {
        "form": form,
        "who": extra if person is None else None,
        "behalf": extra if person else None,
        "has_boards": boards.exists(),
        "by_mail": entering.mail_is_set_up(),
        "shown_name": as_person(person, company.company()).name if person else "",
    }
    return page(request, "tell", context, 422 if wrong else 200)


def _second_form(request: HttpRequest, person: Person | None) -> Any:
    """Who a visitor is, or for whom a colleague writes; customers need neither."""
    if person is None:
        named_only = request.POST.get("how") == "without" or not entering.mail_is_set_up()
        return WhoForm(request.POST or None, by_code=not (named_only and request.method == "POST"))
    return BehalfForm(request.POST or None) if may(person, Act.ANSWER) else None


def _send(request: HttpRequest, person: Person | None, form: Any, extra: Any) -> HttpResponse | None:
    """Send what the forms hold; None with the error on the form."""
    what = dict(form.cleaned_data)
    if person is None and extra.by_code:
        draft = what | {"board": what["board"].pk}
        begun = begin_with(draft, request, extra, reverse("community:list"))
        return redirect("community:code") if begun else None
    try:
        post = posting.write_post(speaker=_speaker(request, person, extra), now=timezone.now(), **what)
    except CommunityError as error:
        form.add_error(None, str(error))
        return None
    drafts.forget(request.session)
    if person is None:
        return kept_back(request, post)
    if post.is_public:
        messages.info(request, _("It is online, and a person reads it."))
    return to_post(post)


def _speaker(request: HttpRequest, person: Person | None, extra: Any) -> Speaker:
    about = company.company()
    if person is None:
        who = extra.cleaned_data
        return without_account(who["name"], about, machine_of(request), who["address"])
    if extra is None:
        return as_person(person, about)
    said = extra.cleaned_data
    if said["whose"] == "house":
        return of_the_house(person, about)
    return on_behalf(said["name"], person, about, said["quoted_from"])


@login_not_required
@require_POST
def near(request: HttpRequest) -> HttpResponse:
    """Posts that say nearly the same as what is being written: by words alone for visitors, who are without number."""
    person = person_of(request)
    text = f"{request.POST.get('title', '')} {request.POST.get('words', '')}"[:2_000]
    public = Post.objects.filter(
        standing=Standing.PUBLIC, board__in=looking.boards_visible_to(person)
    ).select_related("status")
    alike = finding.much_like(public, text, by_meaning=person is not None) if len(text.strip()) > 3 else []
    return render(request, "converse/community/parts/near.html", {"near": alike})


@never_cache
@for_signed_in
@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """What I wrote and what became of it, and what I follow."""
    person = signed_in(request)
    followed = Follow.objects.filter(post__in=looking.posts_visible_to(person), person=person)
    said = own_feedback.feedback_of(person)
    beside = own_feedback.posts_beside(person, said)
    context = {
        "said": said,
        "headline": own_feedback.headline(said, beside, person),
        "posts": beside,
        "followed": [one.post for one in followed.select_related("post__status").order_by("-at")[:50]],
    }
    return page(request, "mine", context)


@login_not_required
@require_GET
def kept(request: HttpRequest) -> HttpResponse:
    """What we keep of somebody who writes here."""
    return page(request, "kept", {"days": entering.SIGNED_IN_FOR.days})
