"""The peer of the event stream: what one would write with Django alone, a streaming view under uvicorn.

Without any middleware, session or check, so better off than a page of the product would be. Every reader has a
queue of its own; POST /tell puts the next event into all of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x" * 50, MIDDLEWARE=[])
django.setup()
queues: set[asyncio.Queue[int]] = set()
told = 0


async def events(request: HttpRequest) -> StreamingHttpResponse:
    async def read() -> AsyncIterator[bytes]:
        queue: asyncio.Queue[int] = asyncio.Queue()
        queues.add(queue)
        try:
            yield b"retry: 3000\n\n"
            while True:
                yield f'id: {await queue.get()}\nevent: signals\ndata: {{"verb":"came in","n":1}}\n\n'.encode()
        finally:
            queues.discard(queue)

    return StreamingHttpResponse(read(), content_type="text/event-stream")


async def tell(request: HttpRequest) -> HttpResponse:
    global told
    told += 1
    for queue in queues:
        queue.put_nowait(told)
    return HttpResponse(str(told))


urlpatterns = [path("events", events), path("tell", tell)]
application = get_asgi_application()
