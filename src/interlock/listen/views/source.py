"""One live source: its page, its settings, and what can be done to it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from interlock.connectors.errors import ConnectorError
from interlock.connectors.live_registry import AnyConnector, found_connectors, live_connectors
from interlock.connectors.shipped import shipped_mappings
from interlock.fabric import work
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.personal import shown
from interlock.fabric.secrets import SealBroken
from interlock.listen import (
    asking_tasks,
    batches,
    giving_access,
    held,
    inbox,
    live_sources,
    queries,
    source_page,
    tasks,
)
from interlock.listen.errors import ListenError, SecretsNeeded
from interlock.listen.models import Arrival, Source, SourceKind
from interlock.listen.source_form import SourceForm, TermsForm
from interlock.store.errors import LakeError


@require_GET
@needs(Act.READ)
def source(request: HttpRequest, source_id: int) -> HttpResponse:
    """What it brought, how fresh it is, its batches; and the trial, while one is looked at."""
    person, now = person_of(request), timezone.now()
    one = _visible(request, source_id)
    shown_batches = batches.batches_of(one, request.GET.get("after", ""))
    last = batches.newest_that_can_be_undone(shown_batches)
    moving, trial = asking_tasks.trial_of(one, now) if one.ask_every else (False, None)
    connector = live_connectors().get(one.kind) if one.ask_every else None
    context = {
        "source": one,
        "row": source_page.row_of(one, live_connectors(), now),
        "connector": connector,
        "sends": _sends(one),
        "held": held.held_by(one, person),
        "takes_access": _takes_access(one, connector),
        "batches": shown_batches,
        "last": last,
        "last_rows": batches.still_newest(last.arrival) if last and last.arrival else None,
        "trying": moving,
        "trial": _readable(trial, person) if trial else None,
        "reasons": source_page.refused_reasons(one, person) if one.refused else [],
        "may_import": may(person, Act.IMPORT),
        "may_download": may(person, Act.DOWNLOAD),
    }
    return render(request, "listen/source.html", context)


@require_GET
@needs(Act.READ)
def refused(request: HttpRequest, source_id: int) -> HttpResponse:
    """The refused records of a source with their reasons."""
    person = person_of(request)
    one = _visible(request, source_id)
    rows, further = source_page.refused_page(one, person, request.GET.get("before", ""))
    context = {
        "source": one,
        "rows": rows,
        "further": f"?before={further}" if further else "",
        "reasons": source_page.refused_reasons(one, person),
        "may_download": may(person, Act.DOWNLOAD),
    }
    return render(request, "listen/source_refused.html", context)


@require_GET
@needs(Act.IMPORT)
def connect(request: HttpRequest) -> HttpResponse:
    """Every system that can be connected, and every export that is understood."""
    found = found_connectors()
    lines = [_line(connector) for connector in found.connectors.values()]
    context = {
        "connectors": sorted(lines, key=lambda line: (bool(line["package"]), line["connector"].title)),
        "left_out": found.left_out,
        "mappings": shipped_mappings(),
    }
    return render(request, "listen/source_connect.html", context)


@require_http_methods(["GET", "POST"])
@needs(Act.IMPORT)
def new(request: HttpRequest, kind: str) -> HttpResponse:
    """The questions of one connector; what is answered is kept and tried, and nothing is asked before a start."""
    connector = live_connectors().get(kind)
    if connector is None:
        raise Http404
    form = SourceForm(connector, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                made = live_sources.make_source(
                    connector=connector,
                    terms=form.terms(),
                    answers=form.answers(),
                    by=person_of(request),
                    now=timezone.now(),
                )
                work.ask(asking_tasks.try_source, made.pk)
            return redirect("listen:source", made.pk)
        except ListenError as error:
            form.add_error("name", str(error))
    context = {"form": form, "connector": connector, "icon": source_page.icon_of(kind)}
    return render(request, "listen/source_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@needs(Act.IMPORT)
def settings(request: HttpRequest, source_id: int) -> HttpResponse:
    """The same questions with their answers; secrets are said to be kept and never shown."""
    one = _visible(request, source_id)
    if _sends(one):
        return _settings_of_sending(request, one)
    one, connector = _asked(request, source_id)
    form = SourceForm(connector, request.POST or None, source=one)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                live_sources.change_source(
                    source=one,
                    connector=connector,
                    terms=form.terms(),
                    answers=form.answers(),
                    by=person_of(request),
                    now=timezone.now(),
                )
                work.ask(asking_tasks.try_source, one.pk)
            messages.success(request, _("Kept. It is being tried with these settings."))
            return redirect("listen:source", one.pk)
        except (SealBroken, SecretsNeeded) as error:
            form.add_error(None, str(error))
        except ListenError as error:
            form.add_error("name", str(error))
    context = {"form": form, "connector": connector, "source": one, "icon": source_page.icon_of(one.kind)}
    return render(request, "listen/source_form.html", context, status=422 if form.errors else 200)


def _settings_of_sending(request: HttpRequest, one: Source) -> HttpResponse:
    """What is decided about a source that sends by itself; its token or secret has a page of its own."""
    form = TermsForm(request.POST or None, source=one)
    if request.method == "POST" and form.is_valid():
        try:
            live_sources.change_terms(
                source=one, terms=form.terms(), by=person_of(request), now=timezone.now()
            )
        except ListenError as error:
            form.add_error("name" if "name" in form.fields else None, str(error))
        else:
            messages.success(request, _("Kept."))
            return redirect("listen:source", one.pk)
    context = {"form": form, "source": one, "kind": SourceKind(one.kind).label}
    return render(request, "listen/source_terms.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Act.IMPORT)
def try_out(request: HttpRequest, source_id: int) -> HttpResponse:
    """Test the connection and read a hundred rows without storing them."""
    one, _connector = _asked(request, source_id)
    work.ask(asking_tasks.try_source, one.pk)
    return redirect("listen:source", one.pk)


@require_POST
@needs(Act.IMPORT)
def act(request: HttpRequest, source_id: int, what: str) -> HttpResponse:
    """Ask now, pause, resume or begin anew, as the button says."""
    one = _visible(request, source_id)
    # What sends by itself is let in or not; only what is asked needs its connector.
    sends = _sends(one) and what in {"pause", "resume"}
    if not sends:
        one, _connector = _asked(request, source_id)
    services = {
        "ask": live_sources.ask_now,
        "pause": live_sources.pause_source,
        "resume": live_sources.resume_source,
        "again": live_sources.read_again,
    }
    if what not in services:
        raise Http404
    try:
        with transaction.atomic():
            services[what](source=one, by=person_of(request), now=timezone.now())
            if what != "pause" and not sends:
                work.ask(asking_tasks.ask_source, one.pk)
    except ListenError as error:
        messages.error(request, str(error))
        return redirect("listen:source", one.pk)
    messages.success(request, _said("let in" if sends and what == "resume" else what, one))
    return redirect("listen:sources" if request.POST.get("from") == "sources" else "listen:source", *([] if request.POST.get("from") == "sources" else [one.pk]))  # fmt: skip


@require_POST
@needs(Act.IMPORT)
def undo_batch(request: HttpRequest, arrival_id: int) -> HttpResponse:
    """Take one batch back."""
    batch = _batch(request, arrival_id)
    try:
        inbox.undo_arrival(arrival=batch, by=person_of(request), now=timezone.now())
    except (ListenError, LakeError) as error:
        messages.error(request, str(error))
    else:
        tasks.follow_removal()
        messages.success(
            request, _("The batch is taken back. Its counts stay, as they say what was received.")
        )
    return redirect("listen:source", batch.source_id)


@require_POST
@needs(Act.IMPORT)
def put_back_batch(request: HttpRequest, arrival_id: int) -> HttpResponse:
    """Let a batch that was taken back count again."""
    batch = _batch(request, arrival_id)
    try:
        records = inbox.put_back_arrival(arrival=batch, by=person_of(request), now=timezone.now())
    except (ListenError, LakeError) as error:
        messages.error(request, str(error))
    else:
        said = ngettext(
            "One record is put back; it is on the lists in a moment.",
            "%(n)s records are put back; they are on the lists in a moment.",
            records,
        )
        undo = f"undo:{reverse('listen:undo_batch', args=[batch.pk])}"
        messages.success(request, said % {"n": number_format(records, force_grouping=True)}, extra_tags=undo)
    return redirect("listen:source", batch.source_id)


def _batch(request: HttpRequest, arrival_id: int) -> Arrival:
    known = queries.sources_visible_to(person_of(request))
    return get_object_or_404(Arrival.objects.select_related("source"), pk=arrival_id, source__in=known)


def _said(what: str, one: Source) -> str:
    said = {
        "ask": _("%(name)s is asked now."),
        "pause": _("%(name)s is paused."),
        "resume": _("%(name)s is asked from now on."),
        "let in": _("%(name)s is let in again."),
        "again": _("%(name)s is read from the beginning; what is here already counts as duplicate."),
    }
    return said[what] % {"name": one.name}


def _line(connector: AnyConnector) -> dict[str, Any]:
    package = type(connector).__module__.partition(".")[0]
    return {
        "connector": connector,
        "icon": source_page.icon_of(connector.kind),
        "package": "" if package == "interlock" else package,
        "answers": hasattr(connector, "send"),
    }


def _readable(trial: dict[str, Any], person: Any) -> dict[str, Any]:
    """The first rows as tables, each with the columns that are filled, as this person may read them."""
    tables: dict[str, list[dict[str, Any]]] = {}
    for row in trial["rows"]:
        tables.setdefault(row["table"], []).append(row)
    return trial | {
        "tables": [_table(name, rows, person) for name, rows in tables.items()],
        "refused": [one | {"reason": shown(one["reason"], person)} for one in trial["refused"]],
        "count": len(trial["rows"]),
    }


def _table(name: str, rows: list[dict[str, Any]], person: Any) -> dict[str, Any]:
    filled = dict.fromkeys(column for row in rows for column in row["cells"])
    columns = sorted(filled, key=lambda column: column not in TELLING)
    cells = [[shown(row["cells"].get(column, ""), person) for column in columns] for row in rows]
    return {"name": name, "columns": columns, "rows": cells}


# Of what is tried, a reader looks at these first.
TELLING = frozenset({"kind", "occurred_at", "title", "body", "rating", "name"})


def _takes_access(one: Source, connector: AnyConnector | None) -> bool:
    """Whether a person gives access in the browser; where an answer is missing, its page says which."""
    try:
        return giving_access.grant_of(one, connector) is not None
    except (ConnectorError, SealBroken):
        return True


def _visible(request: HttpRequest, source_id: int) -> Source:
    return get_object_or_404(queries.sources_visible_to(person_of(request)), pk=source_id)


def _sends(one: Source) -> bool:
    """Whether it is a program with a token, or a webhook; paused, it is asked to come back later (503)."""
    return one.ask_every is None and one.kind in {SourceKind.API, SourceKind.WEBHOOK}


def _asked(request: HttpRequest, source_id: int) -> tuple[Source, AnyConnector]:
    """A source that is asked by a connector which is there; anything else is not found."""
    one = _visible(request, source_id)
    connector = live_connectors().get(one.kind) if one.ask_every is not None else None
    if connector is None:
        raise Http404
    return one, connector
