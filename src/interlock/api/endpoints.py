"""What every address for programs has in common: its methods, no session, and every fault as a problem.

No cookie opens anything that writes, so that no other site can make a browser write here and no form token is
needed. What goes wrong inside is logged with its trace and told without it.
"""

from __future__ import annotations

import errno
import logging
import sqlite3
from collections.abc import Callable, Iterator
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from interlock.api.problems import Problem

log = logging.getLogger(__name__)
View = Callable[..., HttpResponse]
PG_DISK_FULL = "53100"


def endpoint(*methods: str) -> Callable[[View], View]:
    """Make a view an address for programs that takes these methods; none named: any."""

    def decorate(view: View) -> View:
        @wraps(view)
        def answered(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            try:
                if methods and request.method not in methods:
                    raise _wrong_method(request, methods)
                response = view(request, *args, **kwargs)
            except Problem as problem:
                response = problem.response()
            except Exception as error:
                log.error("%s %s failed", request.method, request.path, exc_info=error)
                response = failure(error).response()
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        return csrf_exempt(login_not_required(answered))

    return decorate


def _wrong_method(request: HttpRequest, methods: tuple[str, ...]) -> Problem:
    allowed = ", ".join(methods)
    return Problem(
        405,
        "wrong_method",
        _("This address does not take %(method)s.") % {"method": request.method},
        _("Use %(allowed)s.") % {"allowed": allowed},
        headers={"Allow": allowed},
    )


def failure(error: Exception) -> Problem:
    """Tell a full disk, a database that is away and a fault of ours apart: each asks for something else."""
    causes = list(_causes(error))
    if any(map(_is_disk_full, causes)):
        return Problem(
            507,
            "disk_full",
            _("The disk of this installation is full; nothing was stored."),
            _("Send it again later; whoever runs Interlock has to free some space."),
            headers={"Retry-After": "60"},
        )
    if any(isinstance(cause, OperationalError | InterfaceError) for cause in causes):
        return Problem(
            503,
            "database_away",
            _("The database does not answer just now; nothing was stored."),
            _("Send it again in a moment."),
            headers={"Retry-After": "2"},
        )
    return Problem(
        500,
        "fault",
        _("Something went wrong inside Interlock; it is in the log."),
        _(
            "Send it again with the same Idempotency-Key; if it goes wrong again, tell whoever runs Interlock."
        ),
    )


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_disk_full(error: BaseException) -> bool:
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return True
    if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL:
        return True
    return getattr(error, "sqlstate", None) == PG_DISK_FULL
