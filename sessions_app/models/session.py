"""A session of listening: whose it is, how it stands, how far it was heard."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from sessions_app.audio.pcm import ms_from_samples

if TYPE_CHECKING:
    from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

MIN_WINDOW_MS = 500
MAX_WINDOW_MS = 5000
DEFAULT_WINDOW_MS = 1000
LEASE_STALE_S = 35.0  # a microphone not seen for two heartbeats (15 s each) and a bit is gone
MAX_TITLE_CHARS = 200
DOOMED_AT = datetime(1970, 1, 1, tzinfo=UTC)  # `deleted_at` of a session whose purge has begun: no way back
FOR_EVER = datetime(9999, 12, 1, tzinfo=UTC)  # `keep_until` of a session that outlives what the account says
MAX_SPEAKERS = 8  # what cf-voice accepts


class State(models.TextChoices):
    STARTING = "starting", _("starting")
    RUNNING = "running", _("running")
    STOPPED = "stopped", _("stopped")


class EndReason(models.TextChoices):
    NONE = "", _("not ended")
    USER = "user", _("ended by its owner")
    IDLE = "idle", _("nobody was there")
    ERROR = "error", _("an error")
    ADMIN = "admin", _("ended by staff")


def has_fresh_lease() -> Q:
    return Q(stream_id__isnull=False, stream_seen_at__gte=Now() - timedelta(seconds=LEASE_STALE_S))


class VoiceSessionQuerySet(models.QuerySet["VoiceSession"]):
    def visible_to(self, user: AbstractBaseUser | AnonymousUser | None) -> Self:
        """Return what `user` owns and has not deleted. The one door for pages, sockets, feeds and exports."""
        if user is None or not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(owner_id=user.pk, deleted_at__isnull=True)

    def deleted_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return what `user` deleted a moment ago and may still have back."""
        return self.filter(owner_id=user.pk, deleted_at__gt=DOOMED_AT)

    def reviewable_by(self, user: AbstractBaseUser | AnonymousUser) -> Self:
        """Return what `user` may look after in the admin."""
        return self.all() if getattr(user, "is_staff", False) and user.is_active else self.none()

    def running(self) -> Self:
        return self.filter(state=State.RUNNING)

    def with_microphone(self) -> Self:
        """Return the sessions that somebody holds the microphone of, whether or not sound flows."""
        return self.filter(has_fresh_lease())

    def unsettled(self) -> Self:
        """Return the ended sessions whose last words nobody will finish any more."""
        lost = self.filter(state=State.STOPPED, settled_sample__lt=F("heard_sample"))
        return lost.exclude(has_fresh_lease())

    def idle(self, ttl_s: float) -> Self:
        """Return the running sessions that nobody watched or spoke into for `ttl_s`, by the database's clock."""
        return self.running().filter(last_seen_at__lt=Now() - timedelta(seconds=ttl_s))


class VoiceSession(models.Model):
    """One call or appointment that is listened to. (`Session` belongs to Django's cookie sessions.)

    Sample marks count from the first sample ever received: `heard_sample` is how far the classifier has listened,
    `settled_sample` how far everything is final and stored.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="voice_sessions")
    title = models.CharField(_("title"), max_length=MAX_TITLE_CHARS, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.STARTING)
    end_reason = models.CharField(_("end reason"), max_length=10, choices=EndReason, default=EndReason.NONE, blank=True)

    elcor = models.BooleanField(_("say the tone before the words"), default=False)
    captions_only = models.BooleanField(_("captions only, no tone"), default=False)
    window_ms = models.PositiveIntegerField(
        _("window (ms)"),
        default=DEFAULT_WINDOW_MS,
        validators=[MinValueValidator(MIN_WINDOW_MS), MaxValueValidator(MAX_WINDOW_MS)],
    )
    language = models.CharField(_("language"), max_length=8, blank=True)
    num_speakers = models.PositiveSmallIntegerField(
        _("number of speakers"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_SPEAKERS)],
    )

    engine = models.CharField(_("engine"), max_length=32, blank=True)
    simulated = models.BooleanField(_("simulated"), default=False)
    voice_url = models.URLField(_("voice service"), blank=True)  # of the current allocation
    allocation_id = models.CharField(_("cf-orch allocation"), max_length=100, blank=True)

    last_seen_at = models.DateTimeField(_("last seen"), default=timezone.now)
    # The microphone's lease: who streams, when it was last seen, how many of its batches are committed.
    stream_id = models.UUIDField(null=True, blank=True, editable=False)
    stream_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    stream_commits = models.PositiveBigIntegerField(default=0, editable=False)
    heard_sample = models.PositiveBigIntegerField(default=0, editable=False)
    settled_sample = models.PositiveBigIntegerField(default=0, editable=False)
    next_seq = models.PositiveBigIntegerField(default=1, editable=False)
    revision = models.PositiveBigIntegerField(default=0, editable=False)  # number of the last `Revision`

    # Stretches [from_ms, until_ms] of the session's clock of which nothing is stored; the last one is open while
    # until_ms is None. The flag lets the journal pass by sessions that never had one.
    off_record = models.JSONField(default=list, blank=True, editable=False)
    has_off_record = models.BooleanField(default=False, editable=False)

    # What the history shows and finds without reading events; written once the session has ended (`search`).
    is_indexed = models.BooleanField(default=False, editable=False)
    summary = models.JSONField(default=dict, blank=True, editable=False)

    # Forgetting: None keeps it as long as the account says (`Profile.keep_days`).
    keep_until = models.DateTimeField(_("keep until"), null=True, blank=True)
    forget_at_end = models.BooleanField(_("forget everything when the session ends"), default=False)
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)  # may be undone until it is purged

    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    objects = VoiceSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(settled_sample__lte=F("heard_sample")), name="settled_before_heard"),
            models.CheckConstraint(
                condition=Q(window_ms__gte=MIN_WINDOW_MS, window_ms__lte=MAX_WINDOW_MS), name="window_in_range"
            ),
            models.CheckConstraint(
                condition=Q(state=State.STOPPED, ended_at__isnull=False)
                | (~Q(state=State.STOPPED) & Q(ended_at__isnull=True)),
                name="stopped_means_ended",
            ),
            models.CheckConstraint(condition=Q(next_seq__gte=1), name="seq_starts_at_one"),
        ]
        indexes = [
            models.Index(fields=["owner", "-created_at"], name="history_of_owner"),
            models.Index(fields=["last_seen_at"], condition=Q(state=State.RUNNING), name="idle_running"),
            models.Index(fields=["id"], condition=Q(settled_sample__lt=F("heard_sample")), name="unsettled"),
            models.Index(fields=["owner"], condition=Q(is_indexed=False), name="not_indexed"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="deleted_sessions"),
            models.Index(fields=["-created_at", "-id"], name="newest_sessions"),  # the admin's list
            models.Index(fields=["ended_at"], condition=Q(forget_at_end=True), name="forgotten_at_end"),
            models.Index(fields=["keep_until"], condition=Q(keep_until__isnull=False), name="kept_until"),
        ]

    def __str__(self) -> str:
        return f"session {self.pk}"  # never the title: this string ends up in logs, error pages and the admin

    def get_absolute_url(self) -> str:
        return reverse("session", args=[self.pk])

    @property
    def display_title(self) -> str:
        return self.title or self.name_by_date

    @property
    def name_by_date(self) -> str:
        """What it is called without a title, by the reader's clock: for a page, not for what several views are told."""
        created_at = timezone.localtime(self.created_at)
        return _("Session of %(date)s") % {"date": date_format(created_at, "SHORT_DATETIME_FORMAT")}

    @property
    def is_running(self) -> bool:
        return self.state == State.RUNNING

    @property
    def last_seq(self) -> int:
        return self.next_seq - 1

    @property
    def audio_ms(self) -> int:
        return ms_from_samples(self.heard_sample)

    @property
    def is_off_record(self) -> bool:
        return bool(self.off_record) and self.off_record[-1][1] is None
