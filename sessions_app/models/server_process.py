"""The server processes, as they last said themselves."""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from sessions_app.models.session import LEASE_STALE_S


class ServerProcessQuerySet(models.QuerySet["ServerProcess"]):
    def alive(self) -> ServerProcessQuerySet:
        """Return those that were heard of lately. One that died falls silent and counts no more."""
        return self.filter(seen_at__gte=Now() - timedelta(seconds=LEASE_STALE_S))


class ServerProcess(models.Model):
    """A process that serves sockets, and what it has open. It says so at each heartbeat, and takes itself out when it
    leaves properly."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("process"), max_length=100)  # host and number, for people
    seen_at = models.DateTimeField(_("last seen"))
    microphones = models.PositiveIntegerField(_("microphones"), default=0)
    views = models.JSONField(default=dict)  # how many of each session: {"7c9e6679…": 2}

    objects = ServerProcessQuerySet.as_manager()

    class Meta:
        verbose_name = "server process"
        verbose_name_plural = "server processes"

    def __str__(self) -> str:
        return self.name

    @property
    def view_count(self) -> int:
        return sum(self.views.values())
