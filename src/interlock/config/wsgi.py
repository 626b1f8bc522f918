"""The WSGI application that granian serves: pages and forms, before them the throttle of what programs send and the
short way in for signals."""

import os
import time

import ibis.backends.duckdb.converter  # noqa: F401 - pandas, which Ibis else loads at the first question
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

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

# All rooms with the libraries beneath them, seconds of loading, before the first reader asks.
_addresses = get_resolver().url_patterns
