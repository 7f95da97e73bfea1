"""Where a request comes from, as far as it can be known."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request

Address = IPv4Address | IPv6Address


def client_address(request: Request) -> Address | None:
    """The caller's network address; None when what a proxy says is none."""
    try:
        address = ip_address(request.client.host.partition("%")[0] if request.client else "")
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


def network_of(address: Address | None) -> str:
    """What counts as one place: an IPv4 address, or the /64 that an IPv6 customer moves freely in."""
    if isinstance(address, IPv6Address):
        return str(ip_network(f"{address}/64", strict=False))
    return str(address)


def place_of(address: Address | None) -> str | None:
    """What a member is shown of where a session was opened: the wider network, never the address itself."""
    if address is None:
        return None
    return str(ip_network(f"{address}/{48 if isinstance(address, IPv6Address) else 24}", strict=False))
