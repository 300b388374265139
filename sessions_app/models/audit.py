"""Who of the staff did what, and when the jobs ran last."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone


class AuditEntry(models.Model):
    """Something that staff did. Written once; sessions and accounts may go, the entry stays."""

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    actor_name = models.CharField(max_length=150, blank=True, editable=False)
    action = models.CharField(max_length=40, editable=False)  # "reveal", "end", "purge", "export"
    session_id = models.UUIDField(null=True, editable=False)  # no foreign key: the session may be forgotten
    detail = models.CharField(max_length=200, blank=True, editable=False)  # numbers only, never words

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = "audit entry"
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["session_id"], name="audit_of_session")]

    def __str__(self) -> str:
        return f"{self.action} {self.pk}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("An audit entry cannot be changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("An audit entry cannot be deleted.")


class JobRun(models.Model):
    """The last run of a job that cron starts (reaper, purge)."""

    name = models.CharField(max_length=40, primary_key=True)
    finished_at = models.DateTimeField(default=timezone.now)
    took_ms = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)  # how many sessions it ended or purged

    def __str__(self) -> str:
        return self.name
