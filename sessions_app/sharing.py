"""Links for trusted people: made, opened, withdrawn, and what is whispered through them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Count, Max
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app import broadcast, editing
from sessions_app.live.messages import ErrorCode, Refusal
from sessions_app.models import Note, Scope, Share, ShareUse, VoiceSession
from sessions_app.permission import OPENED_LINKS

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
    from django.contrib.sessions.backends.base import SessionBase

    from sessions_app.annotation.events import Json
    from sessions_app.live.messages import Mark
    from sessions_app.models.share import ShareQuerySet
    from sessions_app.revisions import Revised

TOKEN_BYTES = 32
MAX_OPEN_LINKS = 20  # of one session at a time
MAX_OPENED_LINKS = 50  # that one browser remembers
MAX_WHISPERS = 500  # of one link: whoever found it cannot fill the disk
JUST_OPENED = "just_opened_link"  # in the cookie session, until the page itself is read

WATCH_ONLY = Refusal(ErrorCode.FORBIDDEN, "This link is for watching only.")
OWNER_ONLY = Refusal(ErrorCode.FORBIDDEN, "Only the owner of this session may do that.")
ENOUGH_WHISPERED = Refusal(ErrorCode.RATE_LIMITED, "No more notes can be sent through this link.")


class Lifetime(models.TextChoices):
    HOUR = "hour", _("1 hour")
    DAY = "day", _("1 day")
    WEEK = "week", _("7 days")
    OPEN = "open", _("until I withdraw it")

    @property
    def span(self) -> timedelta | None:
        return {
            Lifetime.HOUR: timedelta(hours=1),
            Lifetime.DAY: timedelta(days=1),
            Lifetime.WEEK: timedelta(days=7),
        }.get(self)


def make(voice_session: VoiceSession, *, name: str, scope: Scope, lifetime: Lifetime) -> tuple[Share, str]:
    """Return a new link and its token, which is kept nowhere and cannot be had again."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    share = Share.objects.create(
        session=voice_session,
        name=name,
        scope=scope,
        token_sha256=_sha256(token),
        expires_at=timezone.now() + lifetime.span if lifetime.span else None,
    )
    return share, token


def with_token(token: str) -> Share | None:
    """Return the link of `token` if it opens its session now."""
    return Share.objects.valid().select_related("session").filter(token_sha256=_sha256(token)).first()


def open_in(login: SessionBase, share: Share) -> None:
    """Let the browser with this cookie session watch. Nothing is used up: whoever previews a link may open it too."""
    links = login.get(OPENED_LINKS) or {}
    links.pop(str(share.session_id), None)
    links = dict([*links.items(), (str(share.session_id), share.pk)][-MAX_OPENED_LINKS:])
    login[OPENED_LINKS] = links
    login[JUST_OPENED] = share.pk


def note_use(login: SessionBase, share: Share) -> None:
    """Log that somebody who opened the link came to see the session: once, whatever they reload."""
    if login.get(JUST_OPENED) == share.pk:
        del login[JUST_OPENED]
        ShareUse.objects.create(share=share)


def revoke(shares: ShareQuerySet) -> int:
    """Withdraw links now, and close what is open by them. Return how many there were."""
    ids = list(shares.filter(revoked_at__isnull=True).values_list("pk", flat=True))
    revoked = Share.objects.filter(pk__in=ids, revoked_at__isnull=True).update(revoked_at=Now())
    for share_id in ids:
        _tell_after_commit(share_id)
    return revoked


def of_session(voice_session: VoiceSession) -> ShareQuerySet:
    """Return the session's links, the newest first, each with `times_used` and `last_used_at`."""
    return _with_use(Share.objects.filter(session=voice_session))


def of_owner(user: AbstractBaseUser | AnonymousUser) -> ShareQuerySet:
    """Return every link of `user` that opens a session now."""
    return _with_use(Share.objects.valid().filter(session__owner_id=user.pk)).select_related("session")


def last_choice(user: AbstractBaseUser | AnonymousUser) -> dict[str, str]:
    """Return what `user` chose for the link before, as the start of the next."""
    share = Share.objects.filter(session__owner_id=user.pk).first()
    if share is None:
        return {"scope": Scope.VIEW, "lifetime": Lifetime.DAY}
    span_s = (share.expires_at - share.created_at).total_seconds() if share.expires_at else 0
    same = (one for one in Lifetime if one.span and abs(one.span.total_seconds() - span_s) < 60)
    lifetime = next(same, Lifetime.OPEN)
    return {"scope": share.scope, "lifetime": lifetime}


def whisper(share: Share, mark: Mark) -> Revised:
    """Keep a trusted viewer's note for the owner, if the link still allows it. Raises `Refusal`; the view goes on."""
    if not mark.text:
        raise OWNER_ONLY
    current = Share.objects.valid().select_related("session").filter(pk=share.pk, scope=Scope.NOTES).first()
    if current is None:
        raise WATCH_ONLY
    if Note.objects.filter(session=current.session_id, author_name=author_name(current)).count() >= MAX_WHISPERS:
        raise ENOUGH_WHISPERED
    return editing.add_note(
        current.session, author=None, author_name=author_name(current), at_ms=mark.at_ms, text=mark.text
    )


def shared_wire(voice_session: VoiceSession) -> dict[str, Json]:
    """Return as much of a session as a trusted viewer's programs need to follow it."""
    return {
        "id": str(voice_session.pk),
        "title": str(voice_session.display_title),
        "state": voice_session.state,
        "last_seq": voice_session.last_seq,
        "simulated": voice_session.simulated,
    }


def author_name(share: Share) -> str:
    """Return whom the owner sees as the author of a note; "" would be the owner."""
    return share.name or str(_("Trusted viewer"))


def _with_use(shares: ShareQuerySet) -> ShareQuerySet:
    return shares.annotate(times_used=Count("uses"), last_used_at=Max("uses__at"))


def _tell_after_commit(share_id: int) -> None:
    transaction.on_commit(lambda: broadcast.publish_permission_sync({"share_id": share_id}), robust=True)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
