"""What does an import read from? Files that were uploaded, a path, a database address, or the demo company."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from interlock import connectors
from interlock.connectors.limits import Limits
from interlock.connectors.protocol import Source
from interlock.listen import uploads
from interlock.listen.demo import DemoSource
from interlock.listen.errors import WrongState
from interlock.listen.models import Errand, Import, SourceKind


@contextmanager
def opened(import_: Import) -> Iterator[Source]:
    """Open what the import reads, and close it whatever happens.

    Raises:
        UploadGone: its files are no longer here.
        ConnectorError: it cannot be read; the text says why.
    """
    if import_.source and import_.source.kind == SourceKind.DEMO:
        yield DemoSource(orders=int(import_.location or 0))
        return
    source = connectors.open_source(uploads.given_path(import_), now=timezone.now(), limits=limits())
    try:
        yield source
    finally:
        source.close()


def limits() -> Limits:
    """The bounds that this installation sets on what it reads."""
    return Limits(
        unpacked_bytes=settings.UNPACKED_MB * 1_000_000, memory=f"{max(settings.MEMORY_MB // 2, 256)}MB"
    )


def source_id(import_: Import) -> str:
    """The mark of the source's rows in the lake.

    Raises:
        WrongState: nobody has said which source this is.
    """
    if import_.source is None:
        if import_.errand == Errand.TRY:
            return import_.batch_id  # nothing of it stays, so no source need be named for it
        raise WrongState(_("Say first which source this is."))
    return import_.source.key


def without_password(address: str) -> str:
    """A database address as it may be shown and kept."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    place = f"{host}:{parts.port}" if parts.port else host
    return f"{parts.scheme}://{place}{parts.path}"
