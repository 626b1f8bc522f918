"""The figures of answering for Today, worked out once a snapshot of the records."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from interlock.analytics.answering import Answering, answering
from interlock.fabric import records


def answering_now() -> Answering | None:
    """How signals are answered, as of the records now; None when the records cannot say."""
    return _of_snapshot(str(settings.RECORDS_FOLDER), records.snapshot().number)


@lru_cache(maxsize=4)
def _of_snapshot(_folder: str, _number: int) -> Answering | None:
    return answering(records.current_records())
