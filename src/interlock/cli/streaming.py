"""`interlock stream`: the process of the event stream, which says goodbye to its readers before it ends."""

from __future__ import annotations

import asyncio
import signal
import sys
from typing import Any

import click
import uvicorn
from django.utils.module_loading import import_string

# The application lives above this room, which must not import it.
STREAM = "interlock.config.asgi.stream"


class _Server(uvicorn.Server):
    """Ends open streams itself; uvicorn would wait for them, then cut them off with an error for each."""

    async def shutdown(self, sockets: Any = None) -> None:
        import_string(STREAM).hub.close_all("renew")
        await asyncio.sleep(0.2)
        await super().shutdown(sockets)


@click.command(hidden=True)
@click.option("--host", required=True)
@click.option("--port", required=True, type=click.IntRange(1, 65535))
def stream(host: str, port: int) -> None:
    """Tell open pages what is new; `interlock serve` starts this."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))  # uvicorn raises it once more when all is done
    config = uvicorn.Config(
        "interlock.config.asgi:application",
        host=host,
        port=port,
        lifespan="on",
        ws="none",
        log_level="warning",
        access_log=False,
        server_header=False,
        # For readers whose line is stuck; without a limit they would keep the process for ever.
        timeout_graceful_shutdown=3,
    )
    _Server(config).run()


COMMANDS = [stream]
