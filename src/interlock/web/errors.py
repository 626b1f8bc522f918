"""The pages of a request that could not be served: what happened, in what, what is safe, what to do."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost
from django.db import DataError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from interlock.fabric.access import Act, may, person_of

logger = logging.getLogger(__name__)
COMMUNITY = "/community/"


def _page(request: HttpRequest, status: int, *, title: str, safe: str, note: str = "") -> HttpResponse:
    context: dict[str, Any] = {
        "status": status, "heading": title, "safe": safe, "note": note, "at": timezone.localtime(), "path": request.path,
        # Customers stay in the company's own frame.
        "is_customers": request.path.startswith(COMMUNITY) and not may(person_of(request), Act.READ),
    }  # fmt: skip
    context["frame"] = "converse/customers.html" if context["is_customers"] else "web/base.html"
    return HttpResponse(render_to_string("web/error.html", context, request), status=status)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, DisallowedHost):  # refused before it is known whose it is; our frame needs both
        said = _(
            "This installation does not answer to that name, so nothing was done. Whoever runs it adds it to INTERLOCK_ALLOWED_HOSTS."
        )
        return HttpResponse(said, status=400, content_type="text/plain; charset=utf-8")
    return _page(
        request, 400,
        title=_("The address or the form was not whole, so nothing was done."),
        safe=_("Nothing was changed. Go back, load the page anew and send it once more."),
    )  # fmt: skip


@login_not_required
def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    said = str(exception) if exception else ""
    return _page(
        request, 403,
        title=_("This page is not open to your role."),
        safe=said or _("Nothing was changed. The owner of this installation can change roles."),
    )  # fmt: skip


@login_not_required
def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(
        request, 404,
        title=_("There is nothing at this address."),
        safe=_("It may have been removed, mistyped, or belong to somebody else. Nothing is lost by looking."),
    )  # fmt: skip


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(
        request, 403,
        title=_("The form had waited too long, so it was not taken."),
        safe=_("Nothing was changed. Go back, load the page anew and send it once more; copy longer texts first."),
    )  # fmt: skip


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    note = secrets.token_hex(3)
    logger.error("note %s: %s %s failed", note, request.method, request.path)
    try:
        return _page(
            request, 500,
            title=_("This page could not be made; the fault is ours."),
            safe=_("What you sent may not have been kept; what was kept before is unchanged. Try again in a minute."),
            note=note,
        )  # fmt: skip
    except Exception:  # the frame itself may be what failed, for instance without a database
        logger.exception("note %s: the error page failed too", note)
        return HttpResponse(render_to_string("web/error_plain.html", {"note": note}), status=500)


class BadData:
    """Middleware: what the database can hold in no row is no fault of ours: NUL on PostgreSQL, 2 to the 63rd on SQLite."""

    def __init__(self, answer: Callable[[HttpRequest], HttpResponse]) -> None:
        self._answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DataError | OverflowError):
            return None
        logger.warning(
            "%s %s asked for what the database cannot hold: %s", request.method, request.path, exception
        )
        return bad_request(request)
