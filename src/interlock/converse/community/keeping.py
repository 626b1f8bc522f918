"""Pages of visitors are kept as they were made, under the version of what they show, so that readers cost nearly nothing.

Only who brings no session reads a kept page: it holds no form with a token and no name. It is made anew when a
board or post changes, and when the host or the kept promise does, which is looked up once a minute.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable

from django.conf import settings
from django.core.cache import caches
from django.forms import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language

from interlock.converse.community import promise

SECONDS = 3_600
# The choice of paper or ink is a visitor's only other cookie that a page shows.
THEMES = {"paper", "ink"}


def for_visitors(
    request: HttpRequest, name: str, version: str, make: Callable[[], HttpResponse]
) -> HttpResponse:
    """The page as it is kept for visitors, or as `make` makes it for everybody else."""
    if settings.SESSION_COOKIE_NAME in request.COOKIES or request.method != "GET":
        return make()
    theme = request.COOKIES.get("interlock_theme", "")
    parts = [name, version, _moving(), theme if theme in THEMES else "", get_language() or ""]
    key = f"page:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()}"
    cache = caches["pages"]
    kept = cache.get(key)
    if kept is None:
        answer = make()
        if answer.status_code != 200:
            return answer
        kept = answer.content, answer.headers["Content-Type"], hashlib.sha256(answer.content).hexdigest()[:32]
        cache.set(key, kept, SECONDS)
    content, kind, mark = kept
    etag = f'"{mark}"'
    fresh = request.headers.get("If-None-Match") == etag
    response = HttpResponse(status=304) if fresh else HttpResponse(content, content_type=kind)
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "public, no-cache"
    patch_vary_headers(response, ["Cookie"])
    return response


def _moving() -> str:
    """What changes on these pages without a post: the company's own words, who is on duty, how the promise is kept."""
    today = promise.for_visitors(timezone.now())
    promised = today.promise
    return f"{today.on_duty} {promised.sentence} {promised.proof} {json.dumps(model_to_dict(today.company))}"
