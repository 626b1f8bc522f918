"""The work page: what runs, waits, repeats and failed in the background, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from interlock.fabric.access import Act, needs, person_of
from interlock.fabric.models import Person
from interlock.fabric.numbers import number_of
from interlock.fabric.work import liveness, looking, mending


@needs(Act.IMPORT)
@require_GET
def work(request: HttpRequest) -> HttpResponse:
    """Everything that happens without anybody looking."""
    now = timezone.now()
    before = number_of(request.GET.get("before", ""))
    failed, further = looking.failed_work(before)
    failures, waiting, running = looking.failed_count(), looking.waiting_count(), looking.running_work()
    return render(request, "web/work.html", {
        "title": _title(failures, len(running), waiting),
        "workers": len(liveness.living()),
        "running": running,
        "waiting": looking.waiting_work(now=now),
        "waiting_count": waiting,
        "repeating": looking.repeating_work(),
        "failed": failed,
        "earlier": reverse("web:work") if before else "",
        "later": f"{reverse('web:work')}?before={further}" if further else "",
        "day": looking.work_of_a_day(now=now),
        "runs_for_median": looking.RUNS_FOR_MEDIAN,
        "runs_for_p95": looking.RUNS_FOR_P95,
    })  # fmt: skip


@needs(Act.IMPORT)
@require_POST
def try_again(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """Let a failed task wait for a worker again."""
    return _mend(request, attempt_id, mending.try_again, _("It waits for a worker again."))


@needs(Act.IMPORT)
@require_POST
def drop(request: HttpRequest, attempt_id: int) -> HttpResponse:
    """Give a failed task up for good."""
    return _mend(request, attempt_id, mending.drop, _("Dropped. It will not be done."))


def _mend(request: HttpRequest, attempt_id: int, mend: Callable[..., None], said: str) -> HttpResponse:
    by: Person | None = person_of(request)
    now: datetime = timezone.now()
    try:
        mend(attempt_id=attempt_id, by=by, now=now)
    except mending.NotGivenUp as gone:
        raise Http404(str(gone)) from gone
    messages.info(request, said)
    return redirect("web:work")


def _title(failed: int, running: int, waiting: int) -> str:
    if failed:
        return ngettext("One task failed and needs you.", "%(n)d tasks failed and need you.", failed) % {
            "n": failed
        }
    if running or waiting:
        return _("Nothing failed. %(running)d running, %(waiting)d waiting.") % {
            "running": running,
            "waiting": waiting,
        }
    return _("Nothing failed, and nothing waits.")
