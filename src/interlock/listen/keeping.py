"""Secrets that another system renews while it is asked: sealed and committed at once, and never written over.

The old secret may be void the moment the new one exists, so keeping does not wait for the page that is being read.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace

from django.db import OperationalError, transaction

from interlock.connectors.live import Answers, Reach
from interlock.fabric.secrets import opened, sealed
from interlock.listen.models import Source

# SQLite gives up after the 20 seconds of its own patience; a void secret is worth waiting longer.
_WAITS = (1.0, 3.0)


def keeping(reach: Reach, source: Source) -> Reach:
    """The same reach, whose connector can keep renewed secrets of this source."""
    keeper = _Keeper(source)
    return replace(reach, keep=keeper.keep, kept=keeper.kept)


class _Keeper:
    """Knows which secrets an asking works with, so that it only replaces those."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._known = _open(source.secrets)

    def kept(self) -> dict[str, str]:
        """The newest secrets of the source. One query."""
        self._source.secrets = Source.objects.values_list("secrets", flat=True).get(pk=self._source.pk)
        self._known = _open(self._source.secrets)
        return dict(self._known)

    def keep(self, secrets: Answers) -> None:
        """Commit renewed secrets; what a person has replaced since this asking read it stays as the person said."""
        for wait in (*_WAITS, None):
            try:
                self._commit(secrets)
            except OperationalError:
                if wait is None:
                    raise
                time.sleep(wait)
            else:
                return

    @transaction.atomic(durable=True)
    def _commit(self, secrets: Answers) -> None:
        locked = Source.objects.select_for_update(of=("self",), no_key=True).get(pk=self._source.pk)
        stored = _open(locked.secrets)
        known = {name: value for name, value in self._known.items() if name in secrets}
        replaced = any(stored.get(name, value) != value for name, value in known.items())
        forgotten = bool(self._known) and not stored
        if not (replaced or forgotten):
            stored |= secrets
            Source.objects.filter(pk=locked.pk).update(secrets=sealed(json.dumps(stored)))
        self._known = {**self._known, **secrets}
        # What is hidden in texts of this asking: also what could not be kept.
        self._source.secrets = sealed(json.dumps(self._known))


def _open(secrets: str) -> dict[str, str]:
    return json.loads(opened(secrets)) if secrets else {}
