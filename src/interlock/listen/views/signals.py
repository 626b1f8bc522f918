"""Signals: the list with search and filters, its rows as a file, and one signal's own page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from interlock.fabric.access import Act, may, needs, person_of
from interlock.listen import exporting, findings, queries, signal_page, tasks, waiting
from interlock.listen.forms import SignalFilters
from interlock.listen.selection import page_of
from interlock.listen.themes import choosing


@require_GET
@needs(Act.READ)
def signals(request: HttpRequest) -> HttpResponse:
    """The list, the newest first."""
    person, now = person_of(request), timezone.now()
    form = SignalFilters(request.GET)
    selection = form.selection()
    copied = queries.signals_copied()
    visible = queries.signals_visible_to(person)
    found = selection.narrow(visible)
    page = page_of(found, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    is_first = not page.earlier
    themes = choosing.themes_of(page.signals)
    waiting.with_clocks(page.signals)
    for one in page.signals:
        one.belongs = themes.get(one.pk)
    context = {
        "form": form,
        "selection": selection,
        "echo": findings.echo_told(selection, visible) if is_first else None,
        "heard": findings.heard(selection, found, copied),
        "page": page,
        "says_answered": any(one.unanswered is not None for one in page.signals),
        "earlier": selection.as_query(before=page.earlier) if page.earlier else "",
        "later": selection.as_query(after=page.later) if page.later else "",
        "copied": copied,
        "may_download": may(person, Act.DOWNLOAD),
        "is_whole": tasks.mend(),
        "here": selection.as_query(),
        "waiting": waiting.counts(waiting.clocks_visible_to(person), now).waiting,
    }
    return render(request, "listen/signals.html", context)


@require_GET
@needs(Act.DOWNLOAD)
def signals_csv(request: HttpRequest) -> HttpResponse:
    """The same rows as a file that no spreadsheet can be tricked by."""
    person = person_of(request)
    found = SignalFilters(request.GET).selection().narrow(queries.signals_visible_to(person))
    response = exporting.signals_file(found, person)
    response["Content-Disposition"] = f'attachment; filename="signals-{timezone.localdate():%Y-%m-%d}.csv"'
    return response


@require_GET
@needs(Act.READ)
def signal(request: HttpRequest, signal_id: int) -> HttpResponse:
    """One signal: its words, and what the records know around it."""
    person = person_of(request)
    visible = queries.signals_visible_to(person).select_related("source")
    one = get_object_or_404(visible, pk=signal_id)
    context = signal_page.page(one, person, timezone.now(), offer="draft" in request.GET)
    return render(request, "listen/signal.html", context)
