"""Which hosts are this machine: what may be asked without TLS, and never goes through a proxy."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Whether a host is this machine however it is resolved: `localhost`, or an address of the loopback network.

    Only one spelling can be meant by an address in its standard form. `0x7f.1`, `2130706433`, `127.1`, `localhost.`
    and names below `localhost` do not count, since resolvers do not agree on them.

    Args:
        host: as it stands in a URL, with or without the brackets of an IPv6 address.
    """
    if host.lower() == "localhost":
        return True
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if "%" in bare:  # a zone, which says nothing on loopback
        return False
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback
