"""Which network addresses a webhook may go to: public unicast only, by a list of what is refused.

Python's ``is_global`` says yes to multicast, to 6to4 and to the NAT64 form of private addresses, so the ranges stand
here.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

_V4_REFUSED: Final[dict[str, str]] = {
    "0.0.0.0/8": "this-network",
    "10.0.0.0/8": "private",
    "100.64.0.0/10": "shared",
    "127.0.0.0/8": "loopback",
    "168.63.129.16/32": "metadata",
    "169.254.0.0/16": "link-local",
    "172.16.0.0/12": "private",
    "192.0.0.0/24": "special",
    "192.0.2.0/24": "documentation",
    "192.31.196.0/24": "special",
    "192.52.193.0/24": "special",
    "192.88.99.0/24": "6to4",
    "192.168.0.0/16": "private",
    "192.175.48.0/24": "special",
    "198.18.0.0/15": "benchmarking",
    "198.51.100.0/24": "documentation",
    "203.0.113.0/24": "documentation",
    "224.0.0.0/4": "multicast",
    "240.0.0.0/4": "reserved",
}
_V6_REFUSED: Final[dict[str, str]] = {
    "::1/128": "loopback",
    "::ffff:0:0/96": "v4-mapped",
    "64:ff9b::/96": "nat64",
    "64:ff9b:1::/48": "nat64",
    "2001::/23": "special",
    "2001:db8::/32": "documentation",
    "2002::/16": "6to4",
    "2620:4f:8000::/48": "special",
    "3fff::/20": "documentation",
    "fc00::/7": "private",
    "fe80::/10": "link-local",
    "ff00::/8": "multicast",
}
_V4: Final = tuple((IPv4Network(text), reason) for text, reason in _V4_REFUSED.items())
_V6: Final = tuple((IPv6Network(text), reason) for text, reason in _V6_REFUSED.items())
_V6_UNICAST: Final = IPv6Network("2000::/3")


def refusal(address: IPv4Address | IPv6Address, *, allow_loopback: bool) -> str | None:
    """Return why a webhook may not go to an address, or None when it may."""
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return "link-local"
    reason = _refused_v4(address) if isinstance(address, IPv4Address) else _refused_v6(address)
    return None if reason == "loopback" and allow_loopback else reason


def _refused_v4(address: IPv4Address) -> str | None:
    return next((reason for network, reason in _V4 if address in network), None)


def _refused_v6(address: IPv6Address) -> str | None:
    listed = next((reason for network, reason in _V6 if address in network), None)
    return listed or (None if address in _V6_UNICAST else "reserved")
