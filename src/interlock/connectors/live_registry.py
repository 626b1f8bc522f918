"""Which live connectors are there: the shipped ones and those of installed packages.

A package adds one with an entry point of the group `interlock.connectors` that names a connector object. A faulty
package costs its own connector and leaves a note; it never stops the product, and never replaces a shipped connector.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from .live import ImportingConnector, LiveConnector

GROUP = "interlock.connectors"
AnyConnector = LiveConnector | ImportingConnector

# Module of each shipped connector; each holds its object as `connector`.
SHIPPED = (
    "database", "discourse", "feed", "hubspot", "imap_mailbox", "salesforce", "shopify", "watched_folder", "zendesk",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """The connectors by kind, and a sentence for each one that was left out."""

    connectors: dict[str, AnyConnector]
    left_out: tuple[str, ...]


@cache
def found_connectors() -> Found:
    """Every connector of this installation, looked up once a process."""
    return gather(tuple(entry_points(group=GROUP)))


def live_connectors() -> dict[str, AnyConnector]:
    """Every connector by its kind."""
    return found_connectors().connectors


def gather(points: tuple[EntryPoint, ...]) -> Found:
    """The shipped connectors and those that the entry points name."""
    connectors: dict[str, AnyConnector] = {}
    for name in SHIPPED:
        shipped = import_module(f"{__package__}.{name}").connector
        connectors[shipped.kind] = shipped
    left_out = []
    for point in points:
        package = point.dist.name if point.dist else point.value
        try:
            connector = point.load()
            reason = _fault(connector, connectors)
        except Exception as error:  # whatever a stranger's package raises at import must not stop the start
            reason = f"it cannot be loaded ({type(error).__name__}: {error})"
        if reason:
            left_out.append(f"The connector {point.name} of the package {package} is left out: {reason}.")
        else:
            connectors[connector.kind] = connector
    return Found(connectors, tuple(left_out))


def _fault(connector: object, known: dict[str, AnyConnector]) -> str:
    """Why an object cannot be taken as a connector; empty when it can."""
    if isinstance(connector, type):
        return "its entry point names a class; name an object"
    if not isinstance(connector, LiveConnector | ImportingConnector):
        return "it lacks something that LiveConnector or ImportingConnector asks for"
    if not isinstance(connector.kind, str) or not 0 < len(connector.kind) <= 40:
        return "its kind must be a word of at most 40 characters"
    if connector.kind in known:
        return f"there is a connector of the kind {connector.kind!r} already"
    return ""
