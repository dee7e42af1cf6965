"""Where letters may go: not to the machine that sends them, nor to others that only it can reach.

Whoever may name a target could otherwise have Baton call what stands behind its firewall. So a name is looked
up, and each address that it has must be a public one, when a subscriber is made and again at each attempt:
the attempt goes to the address that was looked at, whatever the name says a moment later.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from baton.errors import InvalidEvent

LONGEST_URL = 2000


class Place(NamedTuple):
    """An address that may be called."""

    address: str
    host: str
    """The name in the URL, which the certificate must have."""


class NotAllowedThere(InvalidEvent):
    """The target is one that nothing may be sent to."""


class Unresolved(Exception):
    """The name is not known just now."""


def check_url(url: str, *, private: bool) -> SplitResult:
    """The parts of the URL of a target. Raises `NotAllowedThere`; what it says does not quote the URL.

    Args:
        private: whether http, and addresses that are not public, are allowed.
    """
    if len(url) > LONGEST_URL:
        raise NotAllowedThere(f"the URL is longer than {LONGEST_URL:,} characters")
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise NotAllowedThere("the URL cannot be read: give https://, a host, and a path") from None
    if parts.scheme != "https" and not (private and parts.scheme == "http"):
        raise NotAllowedThere(
            "the URL must begin with https://; http:// is only for targets of your own, with "
            "BATON_OUTGOING_PRIVATE"
        )
    if not parts.hostname:
        raise NotAllowedThere("the URL names no host: give https://, a host, and a path")
    if parts.username is not None or parts.password is not None:
        raise NotAllowedThere("the URL must not have a user name or a password")
    if parts.fragment or any(not 32 < ord(sign) < 127 for sign in url):
        raise NotAllowedThere("the URL must be ASCII without spaces, and have no part behind #")
    return parts


async def resolve(parts: SplitResult, *, private: bool) -> Place:
    """The address of a target. Raises `NotAllowedThere`, or `Unresolved` if the name is not known."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        words = error.strerror if isinstance(error, OSError) else "no name"
        raise Unresolved(f"the host is not known: {words}") from None
    addresses = list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))
    if not private and any(not is_public(one) for one in addresses):
        raise NotAllowedThere(
            "the host has an address that is not public. If the target is your own, set "
            "BATON_OUTGOING_PRIVATE"
        )
    if not addresses:
        raise Unresolved("the host has no address")
    return Place(addresses[0], host)


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet, and nothing of ours."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inside = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None) or _nat64(ip)
        if inside is not None:
            return is_public(str(inside))
    return ip.is_global and not ip.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address behind one of ``64:ff9b::/96``, which gateways of IPv6 networks lead to."""
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None
