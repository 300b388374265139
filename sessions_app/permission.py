"""Whether somebody who was let in may still be there: logins end and permissions go while sockets stay open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.contrib.sessions.backends.db import SessionStore
from django.utils.crypto import constant_time_compare

from sessions_app.live.messages import CloseCode, ErrorCode, Refusal
from sessions_app.models import VoiceSession

if TYPE_CHECKING:
    import uuid

    from django.contrib.auth.models import AbstractBaseUser

LOGIN_GONE = Refusal(ErrorCode.UNAUTHENTICATED, "You are logged out. Please log in again.", CloseCode.UNAUTHENTICATED)
WITHDRAWN = Refusal(ErrorCode.FORBIDDEN, "You may not see this session any more.", CloseCode.FORBIDDEN)


def user_of(login_key: str) -> AbstractBaseUser | None:
    """Return the active user of a login; None after logout, expiry, deactivation or a new password."""
    login = SessionStore(login_key)
    user_id = login.get(SESSION_KEY)
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first() if user_id else None
    if user is None or not constant_time_compare(login.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return None
    return user


def objection(login_key: str, session_id: uuid.UUID) -> Refusal | None:
    """Return why the socket of this login must close now, None when it need not. Three queries."""
    user = user_of(login_key)
    if user is None:
        return LOGIN_GONE
    return None if VoiceSession.objects.visible_to(user).filter(pk=session_id).exists() else WITHDRAWN
