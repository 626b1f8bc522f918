"""What a connector is told about its source: the administrator's answers, those kept secret among them."""

from __future__ import annotations

import json

from interlock.fabric.secrets import opened
from interlock.listen.models import Source


def answers_of(source: Source) -> dict[str, str]:
    """The answers to the connector's questions.

    Raises:
        SealBroken: the secret ones were sealed under another key of the installation.
    """
    secret = json.loads(opened(source.secrets)) if source.secrets else {}
    return {**source.connection, **secret}
