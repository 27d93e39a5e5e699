"""Tells which hosts are this machine; they may be reached without TLS, and never through a proxy."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host is this machine for every resolver: `localhost`, or an address of the loopback network.

    Addresses count only in their standard form. `0x7f.1`, `2130706433`, `127.1`, `localhost.` and subdomains of
    `localhost` do not count, because resolvers treat them differently.

    Args:
        host: the host of a URL, with or without the brackets of an IPv6 address.
    """
    if host.lower() == "localhost":
        return True
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if "%" in bare:  # an address with a zone is not loopback
        return False
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
