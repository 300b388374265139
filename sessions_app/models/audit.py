"""Who of the staff did what, and when the jobs ran last."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from django.conf import settings
from django.db import models
from django.utils import timezone

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

    from django.contrib.auth.models import AbstractBaseUser


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit entries cannot be changed.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit entries cannot be deleted.")


class AuditEntry(models.Model):
    """Something that staff did. Written once; sessions and accounts may go, the entry stays.

    The database refuses too (triggers: `migrations/0004`, `0008`); only the actor may become unknown, with his account.
    """

    at = models.DateTimeField(default=timezone.now, editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    actor_name = models.CharField(max_length=150, blank=True, editable=False)
    action = models.CharField(max_length=40, editable=False)  # "reveal", "end", "purge", "export"
    session_id = models.UUIDField(null=True, editable=False)  # no foreign key: the session may be forgotten
    detail = models.CharField(max_length=200, blank=True, editable=False)  # numbers, or the reason that staff gave

    objects = AuditQuerySet.as_manager()

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

    @classmethod
    def note(
        cls, actor: AbstractBaseUser, action: str, *, session_id: uuid.UUID | None = None, detail: str = ""
    ) -> AuditEntry:
        return cls.objects.create(
            actor_id=actor.pk,
            actor_name=actor.get_username(),
            action=action,
            session_id=session_id,
            detail=detail[:200],
        )


@dataclass(slots=True)
class Tally:
    """What a job counts while it runs."""

    done: int = 0


class JobRun(models.Model):
    """The last run of a job that cron starts (reaper, purge)."""

    name = models.CharField(max_length=40, primary_key=True)
    finished_at = models.DateTimeField(default=timezone.now)
    took_ms = models.PositiveIntegerField(default=0)
    done = models.PositiveIntegerField(default=0)  # how many sessions it ended or purged

    class Meta:
        verbose_name = "job"
        verbose_name_plural = "health"  # what the admin calls its page on them

    def __str__(self) -> str:
        return self.name

    @classmethod
    @contextmanager
    def of(cls, name: str) -> Iterator[Tally]:
        """Write down a run that comes to its end; one that fails leaves the last good one standing."""
        began_s, tally = time.monotonic(), Tally()
        yield tally
        took_ms = round((time.monotonic() - began_s) * 1000)
        cls.objects.update_or_create(
            name=name, defaults={"finished_at": timezone.now(), "took_ms": took_ms, "done": tally.done}
        )
