"""The WSGI application that granian serves: pages and forms, before them the throttle of what programs send and the
short way in for signals."""

import logging
import os
import time
from wsgiref.util import setup_testing_defaults

import ibis.backends.duckdb.converter  # noqa: F401 - pandas, which Ibis else loads at the first question
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.urls import get_resolver, reverse

from interlock.api.throttle import Throttle

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
pages = get_wsgi_application()

from interlock.api.door import Door  # noqa: E402 - its models need Django set up

application = Throttle(
    Door(pages),
    rate=settings.API_RATE,
    stranger_rate=settings.STRANGER_RATE,
    clock=time.monotonic,
    behind_proxy=settings.ENVIRONMENT["INTERLOCK_HTTPS"],
)


def make_first_page() -> None:
    """Ask for a page as a visitor would. Where it cannot be made, readers are told so; the server starts all the same."""
    environ = {"PATH_INFO": reverse("community:list"), "HTTP_HOST": "localhost"}
    setup_testing_defaults(environ)
    try:
        pages(environ, lambda _status, _headers, _fault=None: None).close()
        if not connection.in_atomic_block:  # readers are answered in another thread, by another connection
            connection.close()
    except Exception as fault:
        logging.getLogger(__name__).warning("The first page could not be made: %s", fault)


# All rooms with the libraries beneath them, seconds of loading, before the first reader asks; and the first page, whose
# templates and middleware take 0.4 s of CPU, during which every other reader of this process would wait.
_addresses = get_resolver().url_patterns
make_first_page()
