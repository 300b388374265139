"""Forgetting for good: what is due, and a purge in small steps that may be interrupted anywhere and goes on later.

A session that is being purged first gets `deleted_at` = `DOOMED_AT`: from then on nobody sees it, no microphone
stores into it, nobody can have it back, and every later pass takes it up again.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import InterfaceError, OperationalError, connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now
from django.utils import timezone

from sessions_app import allocations, broadcast, conf, lifecycle, search, search_index
from sessions_app.models import (
    DOOMED_AT,
    EndReason,
    JobRun,
    Profile,
    ShareUse,
    State,
    VoiceAllocation,
    VoiceSession,
    has_fresh_lease,
)

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

    from django.contrib.auth.models import AbstractBaseUser
    from django.db.models import Model, QuerySet

    from sessions_app.models import VoiceSessionQuerySet

FORGOT, SCRUBBED = "forget", "scrub"  # names of `JobRun`
SCRUB_REST = 100  # times as long as the last one took
SCRUB_AT_LEAST_EVERY = timedelta(days=1)
ROWS_PER_STEP = 2000  # a transaction that holds up the microphones of SQLite for some milliseconds, no more


def due() -> list[VoiceSession]:
    """Return the sessions that a purge would forget now."""
    found = {voice_session.pk: voice_session for reason in _reasons() for voice_session in reason.only("id")}
    return list(found.values())


def purge_due() -> Iterator[uuid.UUID]:
    """Forget what is due, session by session; yield each that is gone. Then finish the accounts that are leaving.

    What cannot be forgotten keeps nothing else; the first failure is raised when all was tried.
    """
    with _Failures() as failures:
        for reason in _reasons():
            with failures.kept_for_later():
                yield from purge(reason)
        for user in get_user_model()._default_manager.filter(profile__leaving_since__isnull=False):
            with failures.kept_for_later():
                yield from purge(VoiceSession.objects.filter(owner_id=user.pk))
                _remove_account(user)


def purge(sessions: VoiceSessionQuerySet) -> Iterator[uuid.UUID]:
    """Forget `sessions` for good, running ones too; yield each that is gone.

    Whether a session still belongs to `sessions` is asked again in the UPDATE that dooms it: its owner may have it
    back, or change his mind about how long it is kept, between the look and the deed. Failures as in `purge_due`.
    """
    with _Failures() as failures:
        for session_id in list(sessions.values_list("pk", flat=True)):
            with failures.kept_for_later():
                if _doom(sessions.filter(pk=session_id)) and _forget(session_id):
                    yield session_id


def leave(user: AbstractBaseUser) -> None:
    """Close an account for good: nobody gets in, and its sessions are out of reach. `purge_due` does the rest."""
    with transaction.atomic():
        user.is_active = False
        user.set_unusable_password()
        user.save(update_fields=["is_active", "password"])  # type: ignore[misc]  # every installed user has it
        Profile.objects.update_or_create(user_id=user.pk, defaults={"leaving_since": timezone.now()})
        _doom(VoiceSession.objects.filter(owner_id=user.pk))


def forget_account(user: AbstractBaseUser) -> None:
    """Forget an account with everything it has. Interrupted, it is finished by the next `purge_due`."""
    leave(user)
    for _ in purge(VoiceSession.objects.filter(owner_id=user.pk)):
        pass
    _remove_account(user)


def forget_logins() -> None:
    """Forget logins that have expired or were ended, with the address and the browser that they came from."""
    from allauth.usersessions.models import UserSession

    _delete_in_steps(Session.objects.filter(expire_date__lt=Now()))
    has_session = Exists(Session.objects.filter(session_key=OuterRef("session_key")))
    _delete_in_steps(UserSession.objects.filter(~has_session))


def older_than(user: AbstractBaseUser, days: int) -> VoiceSessionQuerySet:
    """Return the ended sessions of `user` that keeping for `days` would forget; what was deleted goes anyway."""
    return _past(days).filter(owner_id=user.pk, deleted_at__isnull=True)


def is_overdue(voice_session: VoiceSession) -> bool:
    """Return whether the session has ended for longer than its account keeps one; only a time of its own keeps it."""
    days = Profile.objects.filter(user_id=voice_session.owner_id).values_list("keep_days", flat=True).first()
    ended_at = voice_session.ended_at
    return bool(days) and ended_at is not None and ended_at <= timezone.now() - timedelta(days=days or 0)


def scrub() -> bool:
    """Let nothing of what was deleted stand in SQLite's files. Return whether they were written anew.

    SQLite overwrites what is deleted (secure_delete), but copies that it left in the gaps of its pages while it moved
    rows about stay, and so does its log: measured, one row in some hundreds. Only writing the file anew takes them
    all. That holds up who writes, so it happens when something was forgotten, or once a day for the lines and notes
    that people removed, and takes a hundredth of the time at most. While somebody reads or writes all the time it is
    left to the next pass. PostgreSQL vacuums by itself: docs/privacy.md.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block or not _is_scrub_due():
        return False
    try:
        with JobRun.of(SCRUBBED), connection.cursor() as cursor:
            search_index.scrub()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            is_held, *_pages = cursor.fetchone()
            if is_held:
                raise OperationalError("a reader holds the log")
    except OperationalError:
        return False
    return True


def _is_scrub_due() -> bool:
    runs = JobRun.objects.in_bulk([FORGOT, SCRUBBED])
    forgot, scrubbed = runs.get(FORGOT), runs.get(SCRUBBED)
    if scrubbed is None:
        return True
    rest = timezone.now() - scrubbed.finished_at
    if rest < timedelta(milliseconds=scrubbed.took_ms) * SCRUB_REST:
        return False
    return rest > SCRUB_AT_LEAST_EVERY or (forgot is not None and forgot.finished_at > scrubbed.finished_at)


def _reasons() -> list[VoiceSessionQuerySet]:
    """Return the sessions that are due, one query for each reason, so that each finds its index."""
    ended = _ended()
    days_in_use = Profile.objects.filter(keep_days__gt=0).order_by().values_list("keep_days", flat=True).distinct()
    return [
        VoiceSession.objects.filter(deleted_at__lte=Now() - timedelta(seconds=conf.current().undo_s)),
        ended.filter(forget_at_end=True),
        ended.filter(keep_until__lte=Now()),
        *(_past(days).filter(owner__profile__keep_days=days) for days in days_in_use if days),
    ]


def _past(days: int) -> VoiceSessionQuerySet:
    """Return what is older than `days` and was given no time of its own; `created_at` is there for the index."""
    oldest = Now() - timedelta(days=days)
    return _ended().filter(keep_until__isnull=True, ended_at__lte=oldest, created_at__lte=oldest)


def _ended() -> VoiceSessionQuerySet:
    """Return the sessions whose last words are stored, or lost with their microphone."""
    return VoiceSession.objects.filter(state=State.STOPPED).exclude(has_fresh_lease())


def _doom(sessions: VoiceSessionQuerySet) -> int:
    """Put sessions out of everybody's reach. A microphone that is open loses its lease and stores nothing more."""
    return sessions.update(deleted_at=DOOMED_AT, stream_id=None, stream_seen_at=None)


def _forget(session_id: uuid.UUID) -> bool:
    """Take a doomed session away, what it has before itself. Return whether this call saw it go."""
    voice_session = VoiceSession.objects.filter(pk=session_id).first()
    if voice_session is None:
        return False
    lifecycle.end(voice_session, EndReason.USER)
    broadcast.publish_permission_sync({"session_id": str(session_id)})
    allocations.release(VoiceAllocation.objects.filter(session_id=session_id))
    search.outdate([session_id])
    _delete_in_steps(ShareUse.objects.filter(share__session_id=session_id))
    for relation in VoiceSession._meta.related_objects:
        if relation.related_model is not VoiceAllocation:  # one that could not be given back waits for the reaper
            _delete_in_steps(relation.related_model._default_manager.filter(**{relation.field.name: session_id}))
    _forget_log_of(session_id)
    gone, _ = VoiceSession.objects.filter(pk=session_id, deleted_at=DOOMED_AT).delete()
    JobRun.objects.update_or_create(name=FORGOT, defaults={"finished_at": timezone.now()})
    return gone > 0


def _delete_in_steps(rows: QuerySet[Model]) -> None:
    while some := list(rows.order_by("pk").values_list("pk", flat=True)[:ROWS_PER_STEP]):
        rows.model._default_manager.filter(pk__in=some).delete()


def _forget_log_of(session_id: uuid.UUID) -> None:
    """Django's own log of the admin repeats what a row is called."""
    kind = ContentType.objects.get_for_model(VoiceSession)
    names = [str(session_id), session_id.hex]
    LogEntry.objects.filter(Q(content_type=kind, object_id__in=names)).delete()


def _remove_account(user: AbstractBaseUser) -> None:
    from allauth.usersessions.models import UserSession

    logins = UserSession.objects.filter(user_id=user.pk).values_list("session_key", flat=True)
    Session.objects.filter(session_key__in=list(logins)).delete()
    with transaction.atomic():  # or nobody would know any more what the log is to forget
        user.delete()
        _forget_log_of_accounts()


def _forget_log_of_accounts() -> None:
    """Django's own log of the admin repeats names, mail addresses and what keys are called, also of rows long gone."""
    from allauth.account.models import EmailAddress
    from allauth.mfa.models import Authenticator

    for model in (get_user_model(), EmailAddress, Authenticator):
        entries = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(model))
        logged = set(filter(None, entries.values_list("object_id", flat=True)))
        left = {str(pk) for pk in model._default_manager.filter(pk__in=logged).values_list("pk", flat=True)}
        entries.filter(object_id__in=logged - left).delete()


class _Failures:
    """Keeps a failure until everything else was tried, and raises the first one then."""

    def __init__(self) -> None:
        self._first: Exception | None = None

    def __enter__(self) -> _Failures:
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None and self._first is not None:
            raise self._first

    @contextmanager
    def kept_for_later(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError):  # the database is away or busy: it would fail everything
            raise
        except Exception as error:
            self._first = self._first or error
