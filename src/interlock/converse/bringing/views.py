"""Bringing another community in, from its files: tried, brought, taken back; and all that were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interlock.converse.bringing import asking, files, shown, table
from interlock.converse.bringing.forms import BringForm
from interlock.converse.community import looking
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.views.frame import page, signed_in
from interlock.converse.models import Bringing
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.numbers import length_of
from interlock.listen import uploads

SHOWN = 50


@csrf_exempt
@require_http_methods(["GET", "POST"])
@needs(Act.INVITE)
def bringings(request: HttpRequest) -> HttpResponse:
    """Take files. What is too large is refused before it is read; the token is checked right after."""
    if request.method == "POST":
        try:
            asking.check_length(length_of(request.META.get("CONTENT_LENGTH")))
        except CommunityError as error:
            return _refused(request, 413, _("This upload is too large for the page."), str(error))
        request.upload_handlers = [uploads.StagedUpload(request)]
    try:
        return _bringings(request)
    except OSError as error:
        if not uploads.is_full(error):
            raise
        heading = _("The disk is full, so the upload was not kept.")
        return _refused(
            request, 507, heading, _("Nothing was kept. Make room on the disk, then upload again.")
        )
    finally:  # also where the token was wrong; what was taken lies elsewhere by now
        uploads.discard_staged(request)


@csrf_protect
def _bringings(request: HttpRequest) -> HttpResponse:
    boards = looking.boards_visible_to(person_of(request))
    form = BringForm(request.POST or None, request.FILES or None, boards=boards)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data.pop("file")
        made = asking.try_files(given=given, by=signed_in(request), now=timezone.now(), **form.cleaned_data)
        return redirect("community:bringing", made.pk)
    history = Bringing.objects.select_related("board", "by")[:SHOWN]
    context = {"form": form, "history": history, "boards": boards, "columns": table.COLUMNS}
    return page(request, "bringings", context, 422 if form.errors else 200)


def _refused(request: HttpRequest, status: int, heading: str, safe: str) -> HttpResponse:
    context = {
        "heading": heading, "safe": safe, "at": timezone.localtime(), "path": request.path, "status": status,
    }  # fmt: skip
    return render(request, "web/error.html", context, status=status)


@require_GET
@needs(Act.INVITE)
def bringing(request: HttpRequest, bringing_id: int) -> HttpResponse:
    """One import, in whatever state it is."""
    return page(request, "bringing", shown.context(_found(bringing_id)))


@require_GET
@needs(Act.INVITE)
def moving(request: HttpRequest, bringing_id: int) -> HttpResponse:
    """The moving part of the page; when the work is done, htmx loads the whole page anew."""
    found = _found(bringing_id)
    if not found.is_moving:
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "converse/community/bringing.html#moving", shown.context(found))


@require_POST
@needs(Act.INVITE)
def bring(request: HttpRequest, bringing_id: int) -> HttpResponse:
    """Bring in what was tried."""
    return _asked(request, bringing_id, asking.bring_in)


@require_POST
@needs(Act.INVITE)
def undo(request: HttpRequest, bringing_id: int) -> HttpResponse:
    """Take an import back."""
    return _asked(request, bringing_id, asking.take_back)


def _asked(request: HttpRequest, bringing_id: int, ask: Callable[..., Any]) -> HttpResponse:
    try:
        ask(bringing=_found(bringing_id), by=signed_in(request), now=timezone.now())
    except CommunityError as error:
        messages.error(request, str(error))
    return redirect("community:bringing", bringing_id)


@require_GET
@needs(Act.INVITE)
def refused(request: HttpRequest, bringing_id: int) -> FileResponse:
    """The refused rows with their reasons, as a file."""
    path = files.refused_path(_found(bringing_id))
    if not path.exists():
        raise Http404
    name = f"refused-{bringing_id}.csv"
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=name, content_type="text/csv; charset=utf-8"
    )


def _found(bringing_id: int) -> Bringing:
    return get_object_or_404(Bringing.objects.select_related("board", "by"), pk=bringing_id)
