"""What every server process has open, as it last said: so one can count the views that another serves."""

from __future__ import annotations

import os
import socket
import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from django.db.models.functions import Now

from sessions_app.models import ServerProcess

if TYPE_CHECKING:
    from collections.abc import Mapping

FORGET_AFTER = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What a process has open: views by session, and microphones."""

    views: Mapping[uuid.UUID, int]
    microphones: int


def exchange(process_id: uuid.UUID, own: Open) -> Counter[uuid.UUID]:
    """Write down what the process has open now; return how many views of each session the others serve."""
    said = ServerProcess(
        id=process_id,
        name=_name(),
        seen_at=Now(),
        microphones=own.microphones,
        views={session_id.hex: count for session_id, count in own.views.items()},
    )
    ServerProcess.objects.bulk_create(
        [said], update_conflicts=True, unique_fields=["id"], update_fields=["seen_at", "microphones", "views"]
    )
    return views(but=process_id)


def leave(process_id: uuid.UUID) -> None:
    ServerProcess.objects.filter(pk=process_id).delete()


def views(*, but: uuid.UUID | None = None) -> Counter[uuid.UUID]:
    """Return how many views of each session all living processes serve, without those of `but`. One query."""
    living = ServerProcess.objects.alive().exclude(pk=but) if but else ServerProcess.objects.alive()
    counted: Counter[uuid.UUID] = Counter()
    for own in living.values_list("views", flat=True):
        counted.update({uuid.UUID(session_id): count for session_id, count in own.items()})
    return counted


def forget_dead() -> None:
    """Take out the rows of processes that died long ago."""
    ServerProcess.objects.filter(seen_at__lt=Now() - FORGET_AFTER).delete()


@cache
def _name() -> str:
    return f"{socket.gethostname()[:80]} {os.getpid()}"
