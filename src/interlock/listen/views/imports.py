"""One import, from the upload to the accounting: upload, columns, dry run, reading, result."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interlock.connectors.errors import ConnectorError
from interlock.fabric import work
from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.numbers import length_of
from interlock.listen import import_page, looking, mapping_edit, queries, services, tasks, uploads
from interlock.listen.errors import ListenError, UploadRefused
from interlock.listen.forms import MappingForm, ReuseForm, StartForm, UploadForm
from interlock.listen.models import Errand, Import, State


@csrf_exempt
@require_http_methods(["GET", "POST"])
@needs(Act.IMPORT)
def upload(request: HttpRequest) -> HttpResponse:
    """Take files. What is too large is refused before it is read; the token is checked right after."""
    if request.method == "POST":
        try:
            uploads.check_length(length_of(request.META.get("CONTENT_LENGTH")))
        except UploadRefused as error:
            return _refused(request, 413, str(error))
        request.upload_handlers = [uploads.StagedUpload(request)]
    try:
        return _upload(request)
    except OSError as error:
        if not uploads.is_full(error):
            raise
        return _refused(request, 507, _("Nothing was kept. Make room on the disk, then upload again."))
    finally:  # also where the token was wrong; what was taken lies elsewhere by now
        uploads.discard_staged(request)


@csrf_protect
def _upload(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                import_ = services.receive_files(
                    files=form.cleaned_data["file"], by=person_of(request), now=timezone.now()
                )
                work.ask(tasks.run_import, import_.pk)
            return redirect("listen:import", import_.pk)
        except UploadRefused as error:
            form.add_error("file", str(error))
    return render(request, "listen/upload.html", {"form": form}, status=422 if form.errors else 200)


def _refused(request: HttpRequest, status: int, safe: str) -> HttpResponse:
    headings = {
        413: _("This upload is too large for the page."),
        507: _("The disk is full, so the upload was not kept."),
    }
    context = {
        "heading": headings[status],
        "safe": safe,
        "at": timezone.localtime(),
        "path": request.path,
        "status": status,
    }
    return render(request, "web/error.html", context, status=status)


@require_GET
@needs(Act.READ)
def import_view(request: HttpRequest, import_id: int) -> HttpResponse:
    """The page of one import, in whatever state it is."""
    tasks.mend()
    import_ = _visible(request, import_id)
    return _show(request, import_, StartForm(initial={"name": import_page.suggested_name(import_)}))


@require_GET
@needs(Act.READ)
def progress(request: HttpRequest, import_id: int) -> HttpResponse:
    """The moving part of the page; when the work is done, htmx loads the whole page anew."""
    import_ = _visible(request, import_id)
    if not import_.is_moving:
        return HttpResponse(headers={"HX-Refresh": "true"})
    if import_.state == State.RUNNING:
        tasks.mend()
    context = {"import": import_, "reading": import_page.reading(import_), "hears": import_page.hears()}
    return render(request, "listen/import.html#moving", context)


@require_POST
@needs(Act.IMPORT)
def columns(request: HttpRequest, import_id: int) -> HttpResponse:
    """Keep what a person said about the columns, or the mapping as text; then go on as the button says."""
    import_ = _visible(request, import_id)
    form = StartForm(request.POST)
    try:
        text = _said(request, import_)
        import_ = services.save_mapping(import_=import_, mapping=text) if text != import_.mapping else import_
        return _go_on(request, import_, form)
    except (ConnectorError, ListenError) as error:
        form.is_valid()
        form.add_error(None, str(error))
        return _show(request, import_, form, status=422)


def _said(request: HttpRequest, import_: Import) -> str:
    """The mapping after this form: lines, repairs of keys, or the whole text of the expert's tab."""
    if "mapping" in request.POST:
        form = MappingForm(request.POST)
        if not form.is_valid():
            raise ListenError(" ".join(form.errors.get("mapping", [])))
        return form.cleaned_data["mapping"]
    text = mapping_edit.changed(import_.found, import_.mapping, import_page.answers(request.POST))
    repairs = import_page.repairs(import_, request.POST)
    return mapping_edit.with_repairs(text, repairs) if repairs else text


def _go_on(request: HttpRequest, import_: Import, form: StartForm) -> HttpResponse:
    act, by, now = request.POST.get("act", "save"), person_of(request), timezone.now()
    if act == "try":
        with transaction.atomic():
            source = _named_source(form, now, required=False)
            tasks.queue(import_=import_, errand=Errand.TRY, by=by, now=now, source=source)
    elif act == "store":
        with transaction.atomic():
            source = _named_source(form, now, required=True)
            tasks.queue(import_=import_, errand=Errand.STORE, by=by, now=now, source=source)
    else:
        messages.success(request, _("Kept. Nothing has been stored yet."))
    return redirect("listen:import", import_.pk)


def _named_source(form: StartForm, now: Any, *, required: bool) -> Any:
    if form.is_valid():
        return services.name_source(name=form.cleaned_data["name"], now=now)
    if required:
        raise ListenError(_("Say first which source this is."))
    return None


@require_POST
@needs(Act.IMPORT)
def keep_mapping(request: HttpRequest, import_id: int) -> HttpResponse:
    """Keep the mapping for the next export of the same kind."""
    import_ = _visible(request, import_id)
    form = ReuseForm(request.POST)
    if form.is_valid() and import_.mapping:
        path = looking.keep_for_reuse(import_.mapping, form.cleaned_data["name"])
        messages.success(
            request, _("Kept as %(name)s; it will be used when an export fits.") % {"name": path.stem}
        )
    return redirect("listen:import", import_.pk)


@require_POST
@needs(Act.IMPORT)
def stop(request: HttpRequest, import_id: int) -> HttpResponse:
    """Ask a running import to stop."""
    import_ = _visible(request, import_id)
    try:
        services.stop_import(import_=import_, by=person_of(request), now=timezone.now())
    except ListenError as error:
        messages.error(request, str(error))
    return redirect("listen:import", import_.pk)


@require_POST
@needs(Act.IMPORT)
def again(request: HttpRequest, import_id: int) -> HttpResponse:
    """Run a failed or stopped import once more."""
    import_ = _visible(request, import_id)
    errand = Errand.STORE if import_.source and import_.errand == Errand.STORE else Errand.LOOK
    try:
        tasks.queue(import_=import_, errand=errand, by=person_of(request), now=timezone.now())
    except ListenError as error:
        messages.error(request, str(error))
    return redirect("listen:import", import_.pk)


@require_GET
@needs(Act.DOWNLOAD)
def refused(request: HttpRequest, import_id: int) -> FileResponse:
    """The refused rows with their reasons, as a file."""
    import_ = _visible(request, import_id)
    path = uploads.refused_path(import_)
    if not path.exists():
        raise Http404
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=f"refused-{import_.pk}.csv",
        content_type="text/csv; charset=utf-8",
    )


def _visible(request: HttpRequest, import_id: int) -> Import:
    return get_object_or_404(queries.imports_visible_to(person_of(request)), pk=import_id)


def _show(request: HttpRequest, import_: Import, form: StartForm, status: int = 200) -> HttpResponse:
    context = import_page.context(import_, person_of(request)) | {
        "form": form,
        "mapping_form": MappingForm(initial={"mapping": import_.mapping}),
        "reuse_form": ReuseForm(initial={"name": import_page.suggested_name(import_)}),
        "tab": request.GET.get("tab", "columns"),
    }
    return render(request, "listen/import.html", context, status=status)
