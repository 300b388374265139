"""Links for trusted people: made, opened, withdrawn, and what is whispered through them."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from itertools import chain, count
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Count, Max, Prefetch, Q
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
MAX_USES = 500  # of one link that are kept, the newest: whoever has it can open it for ever
SHOWN_USES = 50  # of one link: it may have been opened again and again
MAX_NAME_CHARS = 150  # as in `Share.name` and `Note.author_name`
JUST_OPENED = "just_opened_links"  # in the cookie session: ids of links whose session was not read yet

WATCH_ONLY = Refusal(ErrorCode.FORBIDDEN, "This link is for watching only.")
OWNER_ONLY = Refusal(ErrorCode.FORBIDDEN, "Only the owner of this session may do that.")
ENOUGH_WHISPERED = Refusal(ErrorCode.RATE_LIMITED, "No more notes can be sent through this link.")


class TooManyLinks(Exception):
    """The session has as many links as it can have."""


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
    """Return a new link and its token, which is kept nowhere and cannot be had again.

    No two links of a session have one name, the closed ones included: by its name the owner tells who whispered a
    note, and `whisper` counts. A second "Ann" is "Ann (2)". Raises `TooManyLinks`, and `VoiceSession.DoesNotExist`
    when the session was deleted meanwhile.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    with transaction.atomic():
        # Two forms that are sent at once wait here for each other: both would count the same links.
        VoiceSession.objects.select_for_update(no_key=True).get(pk=voice_session.pk, deleted_at=None)
        links = Share.objects.filter(session=voice_session)
        if links.valid().count() >= MAX_OPEN_LINKS:
            raise TooManyLinks
        share = Share.objects.create(
            session=voice_session,
            name=_own_name(name, taken=set(links.values_list("name", flat=True))),
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
    waiting = [share_id for share_id in _just_opened(login) if share_id != share.pk]
    login[JUST_OPENED] = [*waiting, share.pk][-MAX_OPENED_LINKS:]


def note_use(login: SessionBase, share: Share) -> None:
    """Log that somebody who opened the link came to see the session: once, whatever they reload.

    Whoever opened two links to it came by both.
    """
    waiting = _just_opened(login)
    used = (
        Share.objects.valid().filter(pk__in=waiting, session_id=share.session_id) if waiting else Share.objects.none()
    )
    ids = set(used.values_list("pk", flat=True))
    if ids:
        login[JUST_OPENED] = [share_id for share_id in waiting if share_id not in ids]
        ShareUse.objects.bulk_create(ShareUse(share_id=share_id) for share_id in sorted(ids))
        for share_id in ids:
            _forget_first_uses(share_id)


def revoke(shares: ShareQuerySet) -> int:
    """Withdraw links now, and close what is open by them. Return how many there were."""
    ids = list(shares.filter(revoked_at__isnull=True).values_list("pk", flat=True))
    revoked = Share.objects.filter(pk__in=ids, revoked_at__isnull=True).update(revoked_at=Now())
    for share_id in ids:
        _tell_after_commit(share_id)
    return revoked


def of_session(voice_session: VoiceSession) -> ShareQuerySet:
    """Return the session's links, the newest first, each with what `_with_use` says and its `last_uses`."""
    last_uses = Prefetch("uses", ShareUse.objects.all()[:SHOWN_USES], to_attr="last_uses")
    return _with_use(Share.objects.filter(session=voice_session)).prefetch_related(last_uses)


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
    name = author_name(current)  # no other link of the session has it: `make`
    if Note.objects.filter(session=current.session_id, author_name=name).count() >= MAX_WHISPERS:
        raise ENOUGH_WHISPERED
    return editing.add_note(current.session, author=None, author_name=name, at_ms=mark.at_ms, text=mark.text)


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


def _own_name(name: str, *, taken: set[str]) -> str:
    endings = chain([""], (f" ({number})" for number in count(2)))
    names = (f"{name[: MAX_NAME_CHARS - len(ending)]}{ending}" for ending in endings)
    return next(free for free in names if free not in taken)


def _just_opened(login: SessionBase) -> list[int]:
    waiting = login.get(JUST_OPENED)
    return waiting if isinstance(waiting, list) else []


def _forget_first_uses(share_id: int) -> None:
    newest_first = ShareUse.objects.filter(share_id=share_id).order_by("-at", "-pk").values_list("pk", flat=True)
    if too_many := list(newest_first[MAX_USES:]):
        ShareUse.objects.filter(pk__in=too_many).delete()


def _with_use(shares: ShareQuerySet) -> ShareQuerySet:
    """Add `times_used`, at most `MAX_USES`, whether it is `used_more` often perhaps, and `last_used_at`."""
    used = shares.annotate(times_used=Count("uses"), last_used_at=Max("uses__at"))
    return used.annotate(used_more=Q(times_used__gte=MAX_USES))


def _tell_after_commit(share_id: int) -> None:
    transaction.on_commit(lambda: broadcast.publish_permission_sync({"share_id": share_id}), robust=True)


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
