"""The queue of customers who wait for an answer, and its rows as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from interlock.fabric.access import Act, may, needs, person_of
from interlock.listen import queries, waiting
from interlock.listen.answer_forms import WaitingForm
from interlock.listen.exporting import waiting_file


@require_GET
@needs(Act.READ)
def queue(request: HttpRequest) -> HttpResponse:
    """Who waits: failed again first, then by the hour."""
    person, now = person_of(request), timezone.now()
    form = WaitingForm(request.GET)
    filters = form.filters()
    visible = waiting.clocks_visible_to(person)
    found = filters.narrow(visible, person, now)
    page = waiting.queue_page(
        found,
        now=now,
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        by_urgency=filters.is_queue,
    )
    counts, copied = waiting.counts(visible, now), queries.signals_copied()
    context = {
        "form": form,
        "filters": filters,
        "counts": counts,
        # Imported history has no clocks: then nobody can say who waits, and "nobody" would be a claim.
        "can_tell": bool(counts.waiting) or not copied.signals or visible.exists(),
        "matching": counts.signals if filters.is_everything else found.count(),
        "in_time": waiting.answered_in_time(visible, now),
        "page": page,
        "earlier": filters.as_query(before=page.earlier) if page.earlier else "",
        "later": filters.as_query(after=page.later) if page.later else "",
        "to_settle": waiting.to_settle(person),
        "may_answer": may(person, Act.ANSWER),
        "may_download": may(person, Act.DOWNLOAD),
        "copied": copied,
        "here": filters.as_query(),
        "now": now,
    }
    return render(request, "listen/waiting.html", context)


@require_GET
@needs(Act.DOWNLOAD)
def queue_csv(request: HttpRequest) -> HttpResponse:
    """The same rows as a file that no spreadsheet can be tricked by."""
    person = person_of(request)
    found = (
        WaitingForm(request.GET).filters().narrow(waiting.clocks_visible_to(person), person, timezone.now())
    )
    response = waiting_file(found, person)
    response["Content-Disposition"] = f'attachment; filename="waiting-{timezone.localdate():%Y-%m-%d}.csv"'
    return response
