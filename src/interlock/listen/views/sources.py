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

from interlock.fabric import records, work
from interlock.fabric.access import Act, may, needs, person_of
from interlock.listen import following, queries, services, tasks
from interlock.listen.demo import ORDERS
from interlock.listen.errors import ListenError
from interlock.store.errors import LakeError


@require_GET
@needs(Act.READ)
def sources(request: HttpRequest) -> HttpResponse:
    """Every source with its imports."""
    person = person_of(request)
    tasks.mend()
    known = list(queries.sources_with_imports(person))
    snapshot = records.snapshot()
    context = {
        "sources": known,
        "drafts": queries.drafts(person),
        "imports": queries.imports_visible_to(person).exclude(source=None)[: queries.IMPORTS_SHOWN],
        "tables": [(name, rows) for name, rows in snapshot.counts.items() if rows],
        "rows": sum(snapshot.counts.values()),
        "may_import": may(person, Act.IMPORT),
        "has_demo": any(source.kind == "demo" for source in known),
    }
    return render(request, "listen/sources.html", context)


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
        removed = services.remove_source(source=source, by=person, now=timezone.now())
    except (ListenError, LakeError) as error:
        messages.error(request, str(error))
        return redirect("listen:sources")
    _follow()
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
    _follow()
    messages.success(request, _("“%(title)s” is taken back.") % {"title": import_.title})
    return redirect("listen:import", import_.pk)


def _follow() -> None:
    """After rows were taken out: copy the signals and let the rooms above see the records anew."""
    with transaction.atomic():
        tasks.queue_copying()
        following.queue_followers()
