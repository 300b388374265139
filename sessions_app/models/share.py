"""Links that let a trusted person watch one session."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sessions_app.models.session import VoiceSession


class Scope(models.TextChoices):
    VIEW = "view", _("watch and read")
    NOTES = "notes", _("watch, read and whisper notes")


class ShareQuerySet(models.QuerySet["Share"]):
    def valid(self) -> Self:
        """Return the links that open their session now, by the database's clock."""
        return self.filter(
            Q(expires_at__isnull=True) | Q(expires_at__gt=Now()),
            revoked_at__isnull=True,
            session__deleted_at__isnull=True,
            session__owner__is_active=True,
        )


class Share(models.Model):
    """One link. Only a hash of its token is kept: who reads the database cannot use it."""

    session = models.ForeignKey(VoiceSession, on_delete=models.CASCADE, related_name="shares")
    name = models.CharField(_("for whom"), max_length=150, blank=True)
    scope = models.CharField(_("may"), max_length=10, choices=Scope, default=Scope.VIEW)
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("until"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"share {self.pk}"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and not self.is_expired


class ShareUse(models.Model):
    """A link was opened. No address is kept: when is what the owner needs to know."""

    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="uses")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"use {self.pk}"
