"""Connectors of other packages: a good one is found, a bad one costs nothing but itself."""

from __future__ import annotations

from importlib.metadata import EntryPoint, entry_points

import pytest

from interlock.connectors.feed.connector import FeedConnector
from interlock.connectors.live import ImportingConnector, LiveConnector
from interlock.connectors.live_registry import GROUP, gather, live_connectors


class Good(FeedConnector):
    kind = "acme-desk"


class TooLong(FeedConnector):
    kind = "x" * 41


class Shadow(FeedConnector):
    kind = "feed"


good, too_long, shadow, not_one = Good(), TooLong(), Shadow(), object()
HERE = __name__


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name=name, value=value, group=GROUP)


def test_every_shipped_connector_keeps_the_protocol_and_its_kind():
    for kind, connector in live_connectors().items():
        assert isinstance(connector, LiveConnector | ImportingConnector)
        assert connector.kind == kind
        assert connector.title
        assert connector.purpose
        assert connector.ask_every >= 60
        assert len({question.name for question in connector.questions}) == len(connector.questions)


def test_a_connector_of_another_package_is_found():
    found = gather((point("acme", f"{HERE}:good"),))

    assert found.connectors["acme-desk"] is good
    assert found.left_out == ()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("no_such_module_anywhere:connector", "it cannot be loaded (ModuleNotFoundError"),
        (f"{HERE}:no_such_name", "it cannot be loaded (AttributeError"),
        (f"{HERE}:not_one", "it lacks something"),
        (f"{HERE}:Good", "its entry point names a class; name an object"),
        (f"{HERE}:too_long", "its kind must be a word of at most 40 characters"),
        (f"{HERE}:shadow", "there is a connector of the kind 'feed' already"),
    ],
)
def test_a_faulty_package_costs_only_its_own_connector(value, reason):
    found = gather((point("bad", value), point("acme", f"{HERE}:good")))

    assert set(found.connectors) == {*gather(()).connectors, "acme-desk"}
    (note,) = found.left_out
    assert note.startswith(f"The connector bad of the package {value} is left out: {reason}")


def test_the_installation_itself_leaves_none_out():
    assert gather(tuple(entry_points(group=GROUP))).left_out == ()
