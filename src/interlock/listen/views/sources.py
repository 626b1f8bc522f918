"""Sources: what records come from, how fresh they are, and how to take them out again; and the demo."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from interlock.connectors.live_registry import live_connectors
from interlock.fabric import records, work
from interlock.fabric.access import Act, may, needs, person_of
from interlock.fabric.export import csv_bytes
from interlock.listen import asking_tasks, live_sources, queries, services, source_page, tasks
from interlock.listen.demo import ORDERS
from interlock.listen.errors import ListenError
from interlock.store.errors import LakeError


@require_GET
@needs(Act.READ)
def sources(request: HttpRequest) -> HttpResponse:
    """Every source: its state, its sums, and when it is asked next."""
    person = person_of(request)
    tasks.mend()
    known = list(queries.sources_visible_to(person))
    snapshot = records.snapshot()
    rows = source_page.rows_of(known, live_connectors(), timezone.now())
    context = {
        "sources": rows,
        "headline": source_page.headline(rows),
        "drafts": queries.drafts(person),
        "tables": [(name, rows) for name, rows in snapshot.counts.items() if rows],
        "rows": sum(snapshot.counts.values()),
        "may_import": may(person, Act.IMPORT),
        "may_download": may(person, Act.DOWNLOAD),
        "has_demo": any(source.kind == "demo" for source in known),
    }
    return render(request, "listen/sources.html", context)


@require_GET
@needs(Act.DOWNLOAD)
def sources_csv(request: HttpRequest) -> HttpResponse:
    """The same table as a file."""
    known = list(queries.sources_visible_to(person_of(request)))
    rows = source_page.rows_of(known, live_connectors(), timezone.now())
    columns = ("source", "kind", "state", "freshness", "received", "stored", "duplicate", "refused",
               "asked_every_seconds", "asked_next", "error", "purpose")  # fmt: skip
    cells = [
        (row.source.name, row.kind, row.word, row.freshness.sentence, row.received, row.stored, row.duplicate,
         row.refused, row.source.ask_every, row.source.ask_at, row.error, row.source.purpose)
        for row in rows
    ]  # fmt: skip
    response = HttpResponse(csv_bytes(columns, cells), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="sources.csv"'
    return response


@require_POST
@needs(Act.IMPORT)
def demo(request: HttpRequest) -> HttpResponse:
    """Load the demo company in the background."""
    with transaction.atomic():
        import_ = services.ask_for_demo(orders=ORDERS, by=person_of(request), now=timezone.now())
        work.ask(tasks.run_import, import_.pk)
    return redirect("listen:import", import_.pk)


@require_POST
@needs(Act.IMPORT)
def remove(request: HttpRequest, source_id: int) -> HttpResponse:
    """Remove every row of a source."""
    person = person_of(request)
    source = get_object_or_404(queries.sources_visible_to(person), pk=source_id)
    try:
        removed = live_sources.remove_source(source=source, by=person, now=timezone.now())
    except (ListenError, LakeError) as error:
        messages.error(request, str(error))
        return redirect("listen:sources")
    asking_tasks.forget_trials_of(source)
    tasks.follow_removal()
    rows = sum(removed.values())
    said = ngettext(
        "%(name)s is gone: one row was removed.", "%(name)s is gone: %(n)s rows were removed.", rows
    )
    messages.success(request, said % {"name": source.name, "n": number_format(rows, force_grouping=True)})
    return redirect("listen:sources")


@require_POST
@needs(Act.IMPORT)
def undo(request: HttpRequest, import_id: int) -> HttpResponse:
    """Take one import back."""
    person = person_of(request)
    import_ = get_object_or_404(queries.imports_visible_to(person), pk=import_id)
    try:
        services.undo_import(import_=import_, by=person, now=timezone.now())
    except (ListenError, LakeError) as error:
        messages.error(request, str(error))
        return redirect("listen:import", import_.pk)
    tasks.follow_removal()
    messages.success(request, _("“%(title)s” is taken back.") % {"title": import_.title})
    return redirect("listen:import", import_.pk)
