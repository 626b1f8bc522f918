"""Connectors reach what the settings allow, and nothing else of the own network."""

from __future__ import annotations

import pytest

from connectors.outbound.listening import listening, reply
from interlock.connectors.live import AddressRefused
from interlock.listen import outside


def test_a_host_of_the_own_network_is_asked_only_when_the_settings_name_it(settings):
    with listening(reply(b"hello")) as server:
        settings.PRIVATE_HOSTS = frozenset()
        with pytest.raises(AddressRefused, match="name it in INTERLOCK_PRIVATE_HOSTS"):
            outside.reach().http("GET", server.origin)

        settings.PRIVATE_HOSTS = frozenset({server.name})

        assert outside.reach().http("GET", server.origin).body == b"hello"


def test_the_folders_of_the_settings_are_handed_on(settings, tmp_path):
    settings.WATCH_FOLDERS = (tmp_path,)

    assert outside.reach().folders == (tmp_path,)
