"""Every address of Linnet, who may use it, and how. A route without a row here fails the permission matrix."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.urls import URLPattern, URLResolver, get_resolver

from sessions_app import routing, urls

if TYPE_CHECKING:
    from collections.abc import Iterator

PEOPLE = ("anonymous", "other", "owner", "sharee", "revoked", "staff")

# What each of PEOPLE meets, in that order.
EVERYBODY = ("in", "in", "in", "in", "in", "in")
MEMBERS = ("login", "in", "in", "login", "login", "in")
OWNER = ("login", "absent", "in", "login", "login", "absent")
WATCHERS = ("login", "absent", "in", "in", "absent", "absent")
OWNER_SOCKET = ("refused", "absent", "in", "refused", "refused", "absent")
WATCHER_SOCKET = ("refused", "absent", "in", "in", "refused", "absent")
NOT_DELETED = ("login", "absent", "absent", "login", "login", "absent")  # there is nothing to have back
NOBODY = ("absent",) * 6


@dataclass(frozen=True, slots=True)
class Row:
    """`method` is how it is meant to be used; `fields` go along with a POST."""

    rule: tuple[str, ...]
    method: str = "GET"
    fields: dict[str, object] = field(default_factory=dict)


ROWS = {
    "dashboard": Row(MEMBERS),
    "sessions": Row(MEMBERS),
    "session": Row(WATCHERS),
    "session_end": Row(OWNER, "POST"),
    "session_reopen": Row(OWNER, "POST"),
    "session_delete": Row(OWNER, "POST"),
    "session_undelete": Row(NOT_DELETED, "POST"),
    "session_line_words": Row(OWNER, "POST", {"text": "words"}),
    "session_line_speaker": Row(OWNER, "POST", {"speaker": "Speaker A"}),
    "session_line_remove": Row(OWNER, "POST"),
    "session_speaker_name": Row(OWNER, "POST", {"speaker": "Speaker A", "name": "Ann"}),
    "session_speaker_merge": Row(OWNER, "POST", {"speaker": "Speaker B", "same_as": "Speaker A"}),
    "session_title": Row(OWNER, "POST", {"title": "A title"}),
    "session_notes": Row(OWNER, "POST", {"text": "a note"}),
    "session_note": Row(OWNER, "POST", {"text": "a note"}),
    "session_note_remove": Row(OWNER, "POST"),
    "session_off_record": Row(OWNER, "POST", {"off": "0"}),
    "session_tone_feedback": Row(OWNER, "POST", {"verdict": "agree"}),
    "session_keeping": Row(OWNER, "POST", {"keep": "7"}),
    "session_shares": Row(OWNER),
    "session_share_revoke": Row(OWNER, "POST"),
    "session_big": Row(WATCHERS),
    "session_text": Row(WATCHERS),
    "session_events": Row(WATCHERS),
    "session_stream": Row(WATCHERS),
    "session_export": Row(OWNER),
    "check": Row(MEMBERS),
    "check_state": Row(MEMBERS),
    "check_begin": Row(MEMBERS, "POST"),
    "check_end": Row(MEMBERS, "POST"),
    "profile": Row(MEMBERS),
    "look": Row(MEMBERS, "POST"),
    "javascript_words": Row(EVERYBODY),
    "shares": Row(MEMBERS),
    "shares_revoke": Row(MEMBERS, "POST"),
    "shared": Row(NOBODY),  # with a token that nobody was given
    "account": Row(MEMBERS),
    "calibration": Row(MEMBERS),
    "calibration_reset": Row(MEMBERS, "POST"),
    "calibration_sharing": Row(MEMBERS, "POST"),
    "everything": Row(MEMBERS),
    "keeping": Row(MEMBERS),
    "account_delete": Row(MEMBERS),
    "privacy": Row(EVERYBODY),
    "metrics": Row(NOBODY),  # unless a token or an address is set
    "healthz": Row(EVERYBODY),
    "readyz": Row(EVERYBODY),
}

SOCKETS = {"audio": OWNER_SOCKET, "live": WATCHER_SOCKET}  # by the end of their addresses

# Pages of django-allauth that are there before a login; by the others it asks for one.
ENTRANCE = {
    "account_confirm_email",
    "account_email_verification_sent",
    "account_inactive",
    "account_login",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_signup",
}


def all_routes() -> dict[str, URLPattern]:
    """Return every named HTTP route of the site."""
    return dict(_routes(get_resolver().url_patterns, ""))


def own_routes() -> dict[str, URLPattern]:
    return dict(_routes(urls.urlpatterns, ""))


def sockets() -> list[str]:
    """Return the address of every socket but the last, which takes whatever is left and refuses it."""
    return [str(route.pattern) for route in routing.websocket_urlpatterns[:-1]]


def _routes(patterns: list[URLPattern | URLResolver], namespace: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _routes(pattern.url_patterns, inner)
        else:
            yield f"{namespace}{pattern.name or pattern.pattern}", pattern
