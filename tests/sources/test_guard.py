"""Which addresses may be fetched."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookalike.errors import BlockedAddressError, FetchError
from lookalike.sources import Fetcher
from lookalike.sources.guard import allowed_addresses, is_public, resolve

PRIVATE = [
    *("127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255"),
    *("192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255"),
    *("240.0.0.1", "192.0.0.8", "198.18.0.1", "192.0.2.1", "198.51.100.1", "203.0.113.1"),
    *("::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1"),
    *("fe80::1%eth0", "fc00::1", "fd12:3456::1", "ff02::1", "64:ff9b::7f00:1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::808:808", "2002:7f00:1::", "2002:a00:1::", "2001:db8::1"),
    *("2001::1", "fec0::1", "100::1", "::8.8.8.8", "2002:808:808::1", "not an address", ""),
]
PUBLIC = [
    *("8.8.8.8", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700::1111"),
    *("::ffff:8.8.8.8", "64:ff9b::808:808", "2a00:1450:4001::1"),
]


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_recognised(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_recognised(address: str) -> None:
    assert is_public(address)


@given(
    st.sampled_from(["10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"]), st.data()
)
def test_no_private_ipv4_hides_in_ipv6(network: str, data: st.DataObject) -> None:
    inside = ipaddress.ip_network(network)
    number = data.draw(st.integers(int(inside[0]), int(inside[-1])))
    forms = [
        ipaddress.IPv4Address(number),
        *(ipaddress.IPv6Address(number | prefix) for prefix in (0, 0xFFFF << 32)),
        ipaddress.IPv6Address(number | (0x0064FF9B << 96)),
        ipaddress.IPv6Address((0x2002 << 112) | (number << 80)),
    ]
    assert not any(is_public(str(form)) for form in forms)


@pytest.mark.parametrize(
    "answer",
    [["10.0.0.5"], ["8.8.8.8", "10.0.0.5"], ["::ffff:127.0.0.1"], ["8.8.8.8", "169.254.169.254"]],
)
def test_one_private_address_condemns_the_name(answer: list[str]) -> None:
    with pytest.raises(BlockedAddressError, match=answer[-1]):
        allowed_addresses("x.test", 80, allow_private_addresses=False, resolver=lambda *_: answer)
    allowed = allowed_addresses(
        "x.test", 80, allow_private_addresses=True, resolver=lambda *_: answer
    )
    assert allowed == answer


def test_a_name_without_addresses_is_refused() -> None:
    with pytest.raises(FetchError, match="no host"):
        allowed_addresses("x.test", 80, allow_private_addresses=False, resolver=lambda *_: [])


@pytest.mark.parametrize(
    "url",
    [
        *("http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/"),
        *("http://[::1]/", "http://[::ffff:127.0.0.1]:80/a.jpg", "http://localhost/"),
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_odd_ways_to_write_a_private_address_are_refused(url: str) -> None:
    with Fetcher(timeout=5, max_bytes=100) as fetcher, pytest.raises(FetchError) as caught:
        fetcher.get(url)
    assert isinstance(caught.value, BlockedAddressError) or "no host" in str(caught.value)


def test_a_host_that_is_not_there_is_a_fetch_error() -> None:
    with pytest.raises(FetchError, match="no host"):
        resolve("name.invalid", 80)
