"""A bare Django page, to measure beside: one ORM query over a table of 10,000 rows, 30 of them in one template.

No sign-in, no sessions, no middleware. `BARE_DATABASE` names the SQLite file.
"""

from __future__ import annotations

import os

import django
from django.conf import settings

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    SECRET_KEY="bare" * 10,
    INSTALLED_APPS=[],
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["BARE_DATABASE"], "CONN_MAX_AGE": 600}
    },
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.cached.Loader", [("django.template.loaders.locmem.Loader", {
            "bare.html": "<!doctype html><title>Bare</title><ul>"
            "{% for note in notes %}<li>{{ note.made_at|date:'j M Y' }} {{ note.text }}</li>{% endfor %}</ul>",
        })])]},
    }],
)  # fmt: skip
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - Django is configured above
from django.db import connection, models  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402

ROWS, SHOWN = 10_000, 30


class Note(models.Model):
    made_at = models.DateTimeField(db_index=True)
    text = models.TextField()

    class Meta:
        app_label = "bare"


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "bare.html", {"notes": Note.objects.order_by("-made_at")[:SHOWN]})


def fill() -> None:
    """Make the table; called once before the server starts."""
    with connection.schema_editor() as editor:
        editor.create_model(Note)
    Note.objects.bulk_create(Note(made_at=timezone.now(), text=f"Note {number}") for number in range(ROWS))


urlpatterns = [path("", page)]
application = get_wsgi_application()
