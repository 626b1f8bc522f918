"""What other sites ask of us, without a session or a cookie, and the settings page that gives them their tag.

Answers carry the CORS header for sites that were named, and for no others. Requests are simple ones (a form's body),
so that no browser asks before it asks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import check_for_language, override
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interlock.converse.community import looking, posting
from interlock.converse.community.errors import CommunityError, TooMuch
from interlock.converse.community.speaking import as_person, without_account
from interlock.converse.community.views.frame import asks_too_often, machine_of, page, signed_in
from interlock.converse.models import Standing
from interlock.converse.widget import allowing, vouching, words
from interlock.converse.widget.forms import FeedbackForm, LookForm, SitesForm
from interlock.fabric import company
from interlock.fabric.access import Act, may, needs, person_of

# An office behind one address opens some hundred panels an hour; what is sent has limits of its own (flood.py).
ASKED_AN_HOUR = 600


@login_not_required
@require_GET
def script(request: HttpRequest) -> HttpResponse:
    """The script itself; browsers ask again after ten minutes, so that a new one arrives everywhere."""
    found = finders.find("built/widget.js")
    if found is None:
        raise Http404(_("The pages were not built. Run ./do sync."))
    content = Path(found).read_bytes()
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    fresh = request.headers.get("If-None-Match") == etag
    answer = (
        HttpResponseNotModified() if fresh else HttpResponse(content, content_type="text/javascript; charset=utf-8")
    )  # fmt: skip
    answer.headers["ETag"], answer.headers["Cache-Control"] = etag, "public, max-age=600"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return answer


def for_other_sites(view: Callable[[HttpRequest], JsonResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Let sites that were named read the answer, in the language they ask for."""

    @wraps(view)
    def answered(request: HttpRequest) -> HttpResponse:
        origin, language = request.headers.get("Origin", ""), request.GET.get("language", "")
        known = check_for_language(language) and language in dict(settings.LANGUAGES)
        if not allowing.is_allowed(origin, request.build_absolute_uri("/")[:-1]):
            answer = _said(_("This site is not among those that may show this. Write on our own pages."), 403)
        elif asks_too_often(request, "widget", ASKED_AN_HOUR):
            answer = _said(_("That is a lot for one hour. Come back later; nothing was sent."), 429)
        else:
            with override(language) if known else nullcontext():
                answer = view(request)
            answer.headers["Access-Control-Allow-Origin"] = origin or settings.PAGES_URL
            answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        patch_vary_headers(answer, ["Origin"])
        return answer

    return never_cache(login_not_required(csrf_exempt(answered)))  # no session or cookie is read


@for_other_sites
@require_http_methods(["GET", "POST"])
def panel(request: HttpRequest) -> JsonResponse:
    """What stands in the panel; or take what somebody tells us, as the plain form does."""
    if request.method == "GET":
        return JsonResponse(words.panel())
    form = FeedbackForm(request.POST, boards=looking.boards_visible_to(None))
    if not form.is_valid():
        wrong = {name: " ".join(errors) for name, errors in form.errors.items()}
        return JsonResponse(
            {"said": _("Look at this once more; nothing was sent."), "errors": wrong}, status=422
        )
    try:
        return _taken(request, form)
    except CommunityError as refused:
        return _said(str(refused), 429 if isinstance(refused, TooMuch) else 422)


def _taken(request: HttpRequest, form: FeedbackForm) -> JsonResponse:
    now, about, said = timezone.now(), company.company(), form.cleaned_data
    if note := request.POST.get("token", ""):
        speaker = as_person(vouching.person_of(note, now), about)
    else:
        speaker = without_account(said["name"], about, machine_of(request), said["address"])
        nobody = _("A %(customer)s") % {"customer": about.customer_word}
        speaker = replace(speaker, name=speaker.name or nobody)
    what = {"board": said["board"], "kind": said["kind"], "words": said["words"], "product": ""}
    post = posting.write_post(title=form.title, speaker=speaker, now=now, **what)
    return JsonResponse(
        {
            "said": {
                Standing.PUBLIC: _("Thank you. It is online, and a person reads it."),
                Standing.REJECTED: _("It was not let through: what it holds is not taken here."),
            }.get(post.standing, _("Thank you. A person reads it before others do.")),
            "url": f"{settings.PAGES_URL}{reverse('community:short', args=[post.pk])}"
            if post.is_public
            else "",
        },
        status=201,
    )


@for_other_sites
@require_POST
def mine(request: HttpRequest) -> JsonResponse:
    """What a customer told us, for whom the site says that they are."""
    try:
        person = vouching.person_of(request.POST.get("token", ""), timezone.now())
    except vouching.NotVouched as refused:
        return _said(str(refused), 422)
    return JsonResponse(words.feedback_of(person))


def _said(text: str, status: int) -> JsonResponse:
    return JsonResponse({"said": text}, status=status)


@require_http_methods(["GET", "POST"])
@needs(Act.INVITE)
def settings_page(request: HttpRequest) -> HttpResponse:
    """Which sites may show the widget, the tag to copy, and the widget itself as it will stand there."""
    form = SitesForm(request.POST or None, initial={"sites": "\n".join(allowing.widget().sites)})
    if request.method == "POST" and form.is_valid():
        allowing.set_sites(by=signed_in(request), now=timezone.now(), **form.cleaned_data)
        messages.info(request, _("Kept. It holds from now on."))
        return redirect("widget:settings")
    return _settings(request, form)


def _settings(request: HttpRequest, form: SitesForm, key: str = "") -> HttpResponse:
    boards = looking.boards_visible_to(None)
    look = LookForm(request.GET, boards=boards)
    found = allowing.widget()
    context: dict[str, Any] = {
        "form": form,
        "look": look,
        "options": look.options,
        "tag": _tag(look.options),
        "host": settings.PAGES_URL,
        "sites": found.sites,
        "key": key,
        "key_made_at": found.key_made_at,
        "has_boards": boards.exists(),
        "may_own": may(person_of(request), Act.OWN),
    }
    return page(request, "widget", context, 422 if form.errors else 200)


def _tag(options: list[tuple[str, str]]) -> SafeString:
    """What is copied into a page."""
    chosen = format_html_join("", ' data-{}="{}"', options)
    board = dict(options).get("board", "")
    plain = f"{settings.PAGES_URL}{reverse('community:tell')}" + (f"?board={board}" if board else "")
    return format_html(
        '<script async src="{}{}"{}></script>\n<noscript><a href="{}">{}</a></noscript>',
        settings.PAGES_URL, reverse("widget:script"), chosen, plain, dict(options).get("label") or _("Tell us"),
    )  # fmt: skip


@never_cache
@require_POST
@needs(Act.OWN)
def new_key(request: HttpRequest) -> HttpResponse:
    """Make the key anew and show it, this once."""
    key = allowing.make_key(by=signed_in(request), now=timezone.now())
    return _settings(request, SitesForm(initial={"sites": "\n".join(allowing.widget().sites)}), key)
