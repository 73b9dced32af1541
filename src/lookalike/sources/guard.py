"""Which addresses a URL may lead to.

A server that fetches what strangers name must not be talked into reading its own network
(server-side request forgery). So names are resolved here, every address is looked at, and the
connection goes to the very address that was: a name cannot change its mind in between.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from typing import TypeAlias

from lookalike.errors import BlockedAddressError, FetchError

__all__ = ["Resolver", "allowed_addresses", "is_public", "resolve"]

Resolver: TypeAlias = Callable[[str, int], Sequence[str]]
"""Turns a host name and a port into the texts of its addresses."""

_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15"),
        *("240.0.0.0/4", "fec0::/10", "2001::/23", "2001:db8::/32", "2002::/16", "100::/64"),
        "5f00::/16",
    )
)


def is_public(address: str) -> bool:
    """Return whether an address belongs to the public internet.

    IPv4 addresses inside IPv6 ones (mapped, compatible, NAT64) are judged by both. Those of
    6to4, which is out of use, are not public, whatever the Python version says of them.

    >>> is_public("93.184.216.34"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(_is_public(each) for each in _with_embedded(parsed))


def _with_embedded(address: _Address) -> list[_Address]:
    """Return the address, or the IPv4 addresses to which packets for it would really go."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64[0]:
        return [last]
    if address in _NAT64[1] or address in _COMPATIBLE:
        return [address, last, ipaddress.IPv4Address("127.0.0.1")]  # never public
    return [address]


def _is_public(address: _Address) -> bool:
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not address.is_unspecified
        and not any(address in network for network in _NEVER)
    )


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host, as the system's resolver gives them.

    Raises:
        FetchError: there are none.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchError(f"There is no host {host}.") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def allowed_addresses(
    host: str, port: int, *, allow_private_addresses: bool, resolver: Resolver = resolve
) -> list[str]:
    """Return the addresses of a host that may be connected to.

    One private address among public ones condemns the name: nobody honest has both.

    Raises:
        BlockedAddressError: the host has a private address, and these are not allowed.
        FetchError: the host has no address.
    """
    addresses = list(resolver(host, port))
    if not addresses:
        raise FetchError(f"There is no host {host}.")
    if not allow_private_addresses:
        for address in addresses:
            if not is_public(address):
                raise BlockedAddressError(
                    f"{host} leads to the private address {address}, which is not fetched unless "
                    "allow_private_addresses is set."
                )
    return addresses
