"""How often an address asked for a link that is none: counted in the cache, for some minutes."""

from __future__ import annotations

import hashlib
import ipaddress
import logging
from typing import TYPE_CHECKING

from allauth.account.adapter import get_adapter
from django.core.cache import cache

if TYPE_CHECKING:
    from django.http import HttpRequest

logger = logging.getLogger(__name__)

MAX_GUESSES = 30
WINDOW_S = 600
IPV6_NETWORK_BITS = 64  # what one household has


def are_too_many(request: HttpRequest) -> bool:
    try:
        return int(cache.get(_key(request), 0)) >= MAX_GUESSES
    except Exception as error:  # every cache has its own; a token is not to be guessed without it either
        logger.warning("cache does not answer", extra={"error": type(error).__name__})
        return False


def count(request: HttpRequest) -> None:
    key = _key(request)
    try:
        cache.add(key, 0, WINDOW_S)
        cache.incr(key)
    except Exception as error:
        logger.warning("cache does not answer", extra={"error": type(error).__name__})


def _key(request: HttpRequest) -> str:
    """Return the cache's key for the network that asks; whoever reads the cache learns no address from it."""
    address = ipaddress.ip_address(get_adapter().get_client_ip(request))
    if address.version == 6:
        network = ipaddress.ip_network((int(address), IPV6_NETWORK_BITS), strict=False)
        address = address.ipv4_mapped or network.network_address
    return f"linnet:guesses:{hashlib.sha256(str(address).encode()).hexdigest()[:32]}"
