"""Reads the environment, for `settings`: what cannot be meant is refused, in words."""

from __future__ import annotations

import os
import secrets
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    environ.Env.read_env(BASE_DIR / ".env")


def positive(name: str, default: float, *, zero_allowed: bool = False) -> float:
    """Return a number from the environment, refusing what cannot be meant."""
    try:
        value = float(env.str(name, default=str(default)))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, not {env.str(name)!r}.") from error
    if not (value > 0 or (zero_allowed and value == 0)) or value == float("inf"):
        raise ImproperlyConfigured(f"{name} must be greater than 0{' or 0' if zero_allowed else ''}, not {value:g}.")
    return value


def whole(name: str, default: int, *, zero_allowed: bool = False) -> int:
    """Return a whole number from the environment."""
    value = positive(name, default, zero_allowed=zero_allowed)
    if value != int(value):
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value:g}.")
    return int(value)


def boolean(name: str, *, default: bool = False) -> bool:
    raw = env.str(name, default="").strip().lower()
    if raw in {"", "0", "1", "true", "false", "yes", "no", "on", "off"}:
        return raw in {"1", "true", "yes", "on"} if raw else default
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {raw!r}.")


def service_url(name: str) -> str:
    """Return the address of a service from the environment, without the trailing slash; "" when unset."""
    url: str = env.str(name, default="").strip().rstrip("/")
    if url and not url.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"{name} must begin with http:// or https://, not {url!r}.")
    return url


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return addresses and networks from the environment."""
    try:
        return [ip_network(value) for value in env.list(name, default=[])]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a list of addresses or networks: {error}.") from error


def kept_secret(path: Path) -> str:
    """Return the key kept in `path`, made at first use; two processes starting together agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()
