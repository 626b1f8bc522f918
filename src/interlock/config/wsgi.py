"""The WSGI application that granian serves: pages and forms."""

import os

import ibis.backends.duckdb.converter  # noqa: F401 - pandas, which Ibis else loads at the first question
from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "interlock.config.settings")
application = get_wsgi_application()

# All rooms with the libraries beneath them, seconds of loading, before the first reader asks.
_addresses = get_resolver().url_patterns
