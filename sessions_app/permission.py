"""Whether somebody may see a session, and may still: logins end and links are withdrawn while sockets stay open."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from sessions_app.live.refusals import DELETED, CloseCode, ErrorCode, Refusal
from sessions_app.models import Scope, Share, VoiceSession

if TYPE_CHECKING:
    import uuid
    from datetime import datetime

    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.contrib.sessions.backends.base import SessionBase

OPENED_LINKS = "opened_links"  # in the cookie session: {session's id: share's id}

LOGIN_GONE = Refusal(ErrorCode.UNAUTHENTICATED, "You are logged out. Please log in again.", CloseCode.UNAUTHENTICATED)
WITHDRAWN = Refusal(ErrorCode.FORBIDDEN, "You may not see this session any more.", CloseCode.FORBIDDEN)


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody may do in a session: its owner everything, a trusted viewer what the link says."""

    voice_session: VoiceSession
    is_owner: bool
    share: Share | None = None

    @property
    def may_note(self) -> bool:
        return self.is_owner or (self.share is not None and self.share.scope == Scope.NOTES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """By what an open socket was let in. It holds ids only, to be asked again."""

    session_id: uuid.UUID
    owner_id: int
    login_key: str | None
    user_id: int | None = None
    share_id: int | None = None
    expires_at: datetime | None = None


def access_of(
    user: AbstractBaseUser | AnonymousUser | None, login: SessionBase, session_id: uuid.UUID
) -> Access | None:
    """Return what this browser may do in the session: as its owner, else by a link opened here. Two queries at most."""
    own = VoiceSession.objects.visible_to(user).filter(pk=session_id).first()
    if own is not None:
        return Access(own, is_owner=True)
    share_id = opened_link(login, session_id)
    if share_id is None:
        return None
    share = Share.objects.valid().select_related("session").filter(pk=share_id, session_id=session_id).first()
    return Access(share.session, is_owner=False, share=share) if share else None


def opened_link(login: SessionBase, session_id: uuid.UUID) -> int | None:
    """Return the id of the link to the session that was opened in this browser; it may be withdrawn by now."""
    links = login.get(OPENED_LINKS)
    share_id = links.get(str(session_id)) if isinstance(links, dict) else None
    return share_id if isinstance(share_id, int) else None


def pass_of(access: Access, *, login_key: str | None, user: AbstractBaseUser | AnonymousUser) -> Pass:
    return Pass(
        session_id=access.voice_session.pk,
        owner_id=access.voice_session.owner_id,
        login_key=login_key,
        user_id=user.pk,
        share_id=access.share.pk if access.share else None,
        expires_at=access.share.expires_at if access.share else None,
    )


def objection(held: Pass) -> Refusal | None:
    """Return why whoever holds the pass must leave now, None when they need not. Four queries at most."""
    login = SessionStore(held.login_key)
    user = _user_in(login)
    if held.user_id is not None and (user is None or user.pk != held.user_id):
        return LOGIN_GONE
    access = access_of(user, login, held.session_id)
    if access is not None and (access.share.pk if access.share else None) == held.share_id:
        return None
    is_there = VoiceSession.objects.filter(pk=held.session_id, deleted_at__isnull=True).exists()
    return WITHDRAWN if is_there else DELETED


def mark_of(login_key: str) -> str:
    """Return what may be said of a login to other processes: who reads it cannot use it."""
    return hashlib.sha256(login_key.encode()).hexdigest()[:32]


def _user_in(login: SessionStore) -> AbstractBaseUser | None:
    """Return the active user of a login; None after logout, expiry, deactivation or a new password."""
    user_id = login.get(SESSION_KEY)
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None or not constant_time_compare(login.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return None
    return user
