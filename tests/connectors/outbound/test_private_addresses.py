"""Nothing inside the company or the machine is ever connected to, however its address is written."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from interlock.connectors.live import AddressRefused, Unreachable
from interlock.connectors.outbound import open_http
from interlock.connectors.outbound.addresses import is_never_allowed, is_public, system_resolve

from .listening import Listener, listening, recorded_connections, reply

# {port} is the canary's; names end in .test and are answered by NAMES.
CORPUS = [
    "http://127.0.0.1:{port}/",
    "http://127.0.0.2:{port}/",
    "http://127.1:{port}/",
    "http://127.0.1:{port}/",
    "http://0x7f.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://2130706433:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://017700000001:{port}/",
    "http://127.000.000.001:{port}/",
    "http://localhost:{port}/",
    "http://LOCALHOST:{port}/",
    "http://localhost.:{port}/",
    "http://[::1]:{port}/",
    "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::]:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://0x0:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[64:ff9b::169.254.169.254]/latest/meta-data/",
    "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[2002:a9fe:a9fe::]/latest/meta-data/",
    "http://[2001:0:7f00:1::]:{port}/",
    "http://[2001::80ff:fffe]:{port}/",
    "http://[fec0::1]:{port}/",
    "http://[fe80::1]:{port}/",
    "http://[fc00::1]:{port}/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://[fd20:ce::254]/computeMetadata/v1/",
    "http://[ff02::1]:{port}/",
    "http://[2001:db8::1]:{port}/",
    "http://[100::1]:{port}/",
    "http://10.0.0.1:{port}/",
    "http://10.255.255.255/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.1.1:8080/",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/latest/meta-data/",
    "http://2852039166/latest/meta-data/",
    "http://169.254.170.2/v2/credentials/",
    "http://168.63.129.16/machine/",
    "http://192.0.0.192/opc/v2/instance/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://metadata.test/computeMetadata/v1/",
    "http://inside.test:{port}/",
    "http://half-inside.test:{port}/",
    "http://wrapped.test:{port}/",
    "http://①②⑦.⓪.⓪.①:{port}/",
    "http://127。0。0。1:{port}/",
    "http://ⓛocalhost:{port}/",
    "http://user@127.0.0.1:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://127.0.0.1:{port}#@example.com/",
    "http:127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "ftp://127.0.0.1:{port}/",
    "gopher://127.0.0.1:{port}/_GET",
    "file:///etc/passwd",
    "dict://127.0.0.1:{port}/stat",
    "http://127.0.0.1:{port}\r\nHost: example.com/",
    "http://\t127.0.0.1:{port}/",
    "http:///127.0.0.1:{port}/",
    "http://[::1%25lo]:{port}/",
    "http://:{port}/",
]
NAMES = {
    "metadata.test": ["169.254.169.254"],
    "inside.test": ["127.0.0.1"],
    "half-inside.test": ["8.8.8.8", "127.0.0.1"],
    "wrapped.test": ["::ffff:127.0.0.1"],
}


def resolve(host: str, port: int, seconds: float):
    return NAMES[host] if host in NAMES else system_resolve(host, port, seconds)


@pytest.fixture
def canary():
    with listening(reply()) as listener:
        yield listener


@pytest.mark.parametrize("pattern", CORPUS)
def test_no_address_of_the_corpus_is_connected_to(pattern, canary):
    with (
        open_http(resolve=resolve, timeout=5) as http,
        recorded_connections() as connections,
        pytest.raises((AddressRefused, Unreachable)),
    ):
        http("GET", pattern.replace("{port}", str(canary.port)))

    assert connections == []
    assert canary.requests == []


def test_the_corpus_holds_more_than_60_addresses():
    assert len(set(CORPUS)) == len(CORPUS) > 60


def test_the_canary_hears_whoever_may_connect(canary):
    with open_http(private_hosts=frozenset({canary.name})) as http, recorded_connections() as connections:
        http("GET", canary.origin)

    assert connections == [("127.0.0.1", canary.port)]
    assert len(canary.requests) == 1


def naive_is_inside(address: str) -> bool:
    """What many products ask, and what our rule is compared with."""
    return ip_address(address).is_private


@pytest.mark.parametrize(
    "address", ["100.64.0.1", "64:ff9b::a9fe:a9fe", "224.0.0.1", "168.63.129.16", "fec0::1"]
)
def test_the_naive_rule_lets_through_what_ours_refuses(address):
    assert not naive_is_inside(address)
    assert not is_public(ip_address(address))


def test_a_name_that_changes_its_answer_is_connected_as_checked(canary):
    answers = iter([["192.88.99.1"], ["127.0.0.1"]])

    # First the open internet, for the check; whoever looks the name up again is led to this machine.
    with (
        open_http(resolve=lambda host, port, seconds: next(answers), timeout=0.2) as http,
        recorded_connections() as connections,
    ):
        with pytest.raises(Unreachable):
            http("GET", f"http://rebinding.test:{canary.port}/")
        assert {address for address, _ in connections} == {"192.88.99.1"}

        # The next request looks it up anew, and checks anew.
        with pytest.raises(AddressRefused):
            http("GET", f"http://rebinding.test:{canary.port}/")

    assert len(connections) == 1
    assert canary.requests == []


@pytest.mark.parametrize("fault", [OSError("no name server"), TimeoutError()])
def test_a_name_that_cannot_be_looked_up_is_not_connected_to(fault, canary):
    def broken(host: str, port: int, seconds: float):
        raise fault

    with (
        open_http(resolve=broken) as http,
        recorded_connections() as connections,
        pytest.raises(Unreachable) as caught,
    ):
        http("GET", f"http://broken.test:{canary.port}/")

    assert connections == []
    assert not caught.value.handed_over


def test_a_name_without_addresses_is_not_connected_to():
    with (
        open_http(resolve=lambda host, port, seconds: []) as http,
        pytest.raises(Unreachable, match=r"empty.test is not known"),
    ):
        http("GET", "http://empty.test/")


@pytest.mark.parametrize(
    "target",
    [
        "http://inside.test/",
        "http://10.0.0.1/",
        "//169.254.169.254/latest/",
        "http://[::ffff:127.0.0.1]/",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_a_private_address_is_refused(target):
    with (
        listening(reply(status="302 Found", headers=f"Location: {target}\r\n")) as listener,
        open_http(private_hosts=frozenset({listener.name}), resolve=resolve) as http,
        recorded_connections() as connections,
        pytest.raises(AddressRefused),
    ):
        http("GET", listener.origin)

    assert connections == [("127.0.0.1", listener.port)]


def test_naming_one_private_host_opens_no_other(canary):
    other = Listener(reply())
    try:
        with open_http(private_hosts=frozenset({other.name, "helpdesk.test"}), resolve=resolve) as http:
            for url in (canary.origin, f"http://localhost:{other.port}/", f"http://127.1:{other.port}/"):
                with pytest.raises(AddressRefused):
                    http("GET", url)
            assert http("GET", other.origin).status == 200
    finally:
        other.close()
    assert canary.requests == []


def test_a_refusal_says_how_to_name_the_host():
    with open_http() as http, pytest.raises(AddressRefused) as refused:
        http("GET", "http://127.0.0.1:8795/feed.xml")

    assert str(refused.value) == (
        "127.0.0.1 is not in the open internet. If it is a system of your own company, name it in "
        "INTERLOCK_PRIVATE_HOSTS, as 127.0.0.1 or 127.0.0.1:8795."
    )


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fd00:ec2::254", "168.63.129.16", "0.0.0.0", "fe80::1"]
)
def test_metadata_is_refused_even_to_a_host_named_as_private(address):
    with (
        open_http(
            private_hosts=frozenset({"cloud.test", address}), resolve=lambda host, port, seconds: [address]
        ) as http,
        recorded_connections() as connections,
        pytest.raises(AddressRefused, match="never connected to"),
    ):
        http("GET", "http://cloud.test/latest/meta-data/")

    assert connections == []


@given(st.ip_addresses(v=4))
def test_every_wrapping_of_an_ipv4_address_is_judged_like_the_address(address):
    wrappings = [
        IPv6Address(f"::ffff:{address}"),
        IPv6Address(f"64:ff9b::{address}"),
        IPv6Address((0x2002 << 112) | (int(address) << 80)),
    ]

    assert {is_public(wrapped) for wrapped in wrappings} == {is_public(address)}


INSIDE = st.sampled_from(["127.0.0.0/8", "10.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16", "100.64.0.0/10"])
FORMS = {
    "decimal": lambda number: str(number),
    "hexadecimal": hex,
    "octal": lambda number: f"0{number:o}",
    "dotted hexadecimal": lambda number: ".".join(hex(byte) for byte in number.to_bytes(4)),
    "dotted octal": lambda number: ".".join(f"0{byte:o}" for byte in number.to_bytes(4)),
    "two parts": lambda number: f"{number >> 24}.{number & 0xFFFFFF}",
    "three parts": lambda number: f"{number >> 24}.{number >> 16 & 255}.{number & 0xFFFF}",
    "mapped": lambda number: f"[::ffff:{IPv4Address(number)}]",
    "NAT64": lambda number: f"[64:ff9b::{number >> 16:x}:{number & 0xFFFF:x}]",
    "6to4": lambda number: f"[2002:{number >> 16:x}:{number & 0xFFFF:x}::]",
}


@settings(deadline=None, max_examples=50)
@given(network=INSIDE, offset=st.integers(0, 2**16 - 1), form=st.sampled_from(sorted(FORMS)))
def test_no_way_of_writing_an_inner_address_leads_inside(network, offset, form):
    number = int(ip_network(network).network_address) + offset

    with open_http() as http, recorded_connections() as connections:
        with pytest.raises((AddressRefused, Unreachable)):
            http("GET", f"http://{FORMS[form](number)}/")
        assert connections == []


@given(st.ip_addresses())
def test_what_is_public_is_global_and_no_group(address):
    if is_public(address):
        assert not is_never_allowed(address)
        assert (
            isinstance(address, IPv4Address) or address.is_global or int(address) >> 112 in {0, 0x64, 0x2002}
        )
        assert not address.is_multicast
        assert not address.is_loopback
        assert not address.is_link_local
