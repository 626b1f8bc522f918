"""What waits for a moderator: the list, one case, one act for many, and the log of all that was decided."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from interlock.converse.community.errors import CommunityError
from interlock.converse.community.views.frame import page, signed_in
from interlock.converse.models import Case, Post, Reply, Report
from interlock.converse.moderation import cases, deciding, log, reporting, trust
from interlock.converse.moderation.policy import policy
from interlock.converse.moderation.reasons import in_one, sentences
from interlock.fabric.access import Act, needs
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of

SHOWN = 100


@require_GET
@needs(Act.ANSWER)
def moderation(request: HttpRequest) -> HttpResponse:
    """What waits, the longest waiting first."""
    waiting = cases.open_cases()
    shown = list(waiting[:SHOWN])
    return page(request, "moderation", {"rows": _rows(shown, signed_in(request)), "waiting": waiting.count()})


def _rows(shown: list[Case], person: Person) -> list[dict[str, Any]]:
    """Each case with why it waits, how its author is known, how many reported it and who looks at it. Six queries."""
    now, standing = timezone.now(), policy()
    records = trust.records_of({case.said.author_id for case in shown if case.said.author_id}, now)
    reported: dict[tuple[int | None, int | None], int] = {}
    posts, replies = [case.post_id for case in shown], [case.reply_id for case in shown]
    waiting = Report.objects.filter(upheld=None)
    for key in (waiting.filter(post__in=posts) | waiting.filter(reply__in=replies)).values_list(
        "post", "reply"
    ):
        reported[key] = reported.get(key, 0) + 1
    return [
        {
            "case": case,
            "why": in_one(case.found),
            "reports": reported.get((case.post_id, case.reply_id), 0),
            "level": trust.level_of(records[author], standing, now).name.lower()
            if (author := case.said.author_id)
            else "",
            "is_taken": deciding.is_taken(case, person, now),
        }
        for case in shown
    ]


@require_GET
@needs(Act.ANSWER)
def case(request: HttpRequest, case_id: int) -> HttpResponse:
    """One case with everything that helps to decide it."""
    return _case_page(request, get_object_or_404(_cases(), pk=case_id))


def _cases() -> Any:
    return Case.objects.select_related(
        "post__board",
        "post__author",
        "reply__post__board",
        "reply__author",
        "taken_by",
        "first_judge",
        "closed_by",
    )


def _case_page(request: HttpRequest, found: Case, status: int = 200, error: str = "") -> HttpResponse:
    person, now, standing = signed_in(request), timezone.now(), policy()
    said: Post | Reply = found.said
    context = {
        "case": found,
        "said": said,
        "post": said if isinstance(said, Post) else said.post,
        "reasons": sentences(found.found),
        "reports": reporting.waiting_reports(said),
        "is_taken": deciding.is_taken(found, person, now),
        "next": cases.open_cases().exclude(pk=found.pk).first(),
        "error": error,
    }
    if said.author:
        record = trust.records_of([said.author.pk], now)[said.author.pk]
        level = trust.level_of_person(said.author, record, standing, now)
        context["known"] = trust.why(record, level, standing, now)
    return page(request, "case", context, status)


@require_POST
@needs(Act.ANSWER)
def judge(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take a case, leave it, let it through or say why not."""
    found = get_object_or_404(_cases(), pk=case_id)
    by, now, act = signed_in(request), timezone.now(), request.POST.get("act")
    try:
        if act == "take":
            deciding.take(case=found, by=by, now=now)
            return redirect("community:case", found.pk)
        if act == "leave":
            deciding.leave(case=found, by=by)
            return redirect("community:moderation")
        because = request.POST.get("because", "")[:300]
        deciding.decide(case=found, let_through=act == "let through", because=because, by=by, now=now)
    except CommunityError as error:
        return _case_page(request, found, 422, str(error))
    messages.info(
        request, _("Everybody reads it.") if act == "let through" else _("Its author reads why not.")
    )
    following = cases.open_cases().first()
    return redirect("community:case", following.pk) if following else redirect("community:moderation")


@require_POST
@needs(Act.ANSWER)
def many(request: HttpRequest) -> HttpResponse:
    """Decide many alike: first shown what that would be, then done."""
    numbers = [number_of(number) for number in request.POST.getlist("case")][:SHOWN]
    chosen = list(cases.open_cases().filter(pk__in=numbers))
    let_through, because = request.POST.get("act") == "let through", request.POST.get("because", "")[:300]
    if not chosen:
        messages.warning(request, _("Choose some first; nothing was changed."))
        return redirect("community:moderation")
    error = ""
    if request.POST.get("sure"):
        try:
            done, left = deciding.decide_many(
                of=chosen, let_through=let_through, because=because, by=signed_in(request), now=timezone.now()
            )
        except CommunityError as refused:
            error = str(refused)
        else:
            said = ngettext("%(n)d text is decided.", "%(n)d texts are decided.", done) % {"n": done}
            rest = _(" %(n)d are left to a colleague.") % {"n": left} if left else ""
            messages.info(request, f"{said}{rest}")
            return redirect("community:moderation")
    rows = _rows(chosen, signed_in(request))
    context = {"rows": rows, "let_through": let_through, "because": because, "error": error}
    return page(request, "moderation_many", context, 422 if error else 200)


@require_POST
@needs(Act.ANSWER)
def look_again(request: HttpRequest, post_id: int = 0, reply_id: int = 0) -> HttpResponse:
    """Open a case about something that stands or was not let through."""
    said: Post | Reply = (
        get_object_or_404(Post, pk=post_id)
        if post_id
        else get_object_or_404(Reply.objects.select_related("post"), pk=reply_id)
    )
    try:
        found = deciding.look_again(said=said, by=signed_in(request), now=timezone.now())
    except CommunityError as error:
        messages.warning(request, str(error))
        return redirect("community:moderation")
    return redirect("community:case", found.pk)


@require_GET
@needs(Act.ANSWER)
def decided(request: HttpRequest) -> HttpResponse:
    """The newest lines of the log."""
    return page(request, "moderation_log", {"lines": log.newest(SHOWN)})


@require_GET
@needs(Act.DOWNLOAD)
def log_file(request: HttpRequest) -> HttpResponse:
    """The whole log as a file."""
    answer = HttpResponse(log.as_csv(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="moderation.csv"'
    return answer
