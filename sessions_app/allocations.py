"""What cf-orch holds for us, written down: released when a session ends, and again until cf-orch confirms it."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from asgiref.sync import async_to_sync
from django.db import models, transaction
from django.utils import timezone

from sessions_app import conf, database_threads
from sessions_app.models import State, VoiceAllocation, VoiceSession, has_fresh_lease
from sessions_app.voice.coordinator import RENEW_AT, TTL_S, Allocation, CfOrch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sessions_app.conf import Conf


def coordinator(settings: Conf) -> CfOrch:
    return CfOrch(
        settings.cf_orch_url,
        key=settings.cf_orch_key,
        model_candidates=settings.cf_orch_model_candidates,
        allocate_timeout_s=settings.cf_orch_allocate_timeout_s,
    )


class Book:
    """The allocations in the database, for the voice half, which knows no Django."""

    async def current(self, session_id: str) -> Allocation | None:
        return await database_threads.read(_current, uuid.UUID(session_id))

    async def remember(self, session_id: str, allocation: Allocation) -> None:
        await database_threads.write(_remember, uuid.UUID(session_id), allocation)

    async def forget(self, allocation_id: str) -> None:
        await database_threads.write(_forget, allocation_id)


def release_of(session_id: uuid.UUID) -> None:
    """Give back what an ended session holds, unless a microphone still finishes its words; the reaper gets the rest."""
    release(_releasable().filter(session_id=session_id))


async def give_back(session_id: uuid.UUID) -> None:
    """Do as `release_of` in an event loop: no database thread waits for the coordinator."""
    if not conf.current().cf_orch_url:
        return
    for allocation_id in await _release(await database_threads.read(_releasable_ids, session_id)):
        await database_threads.write(_forget, allocation_id)


def release_orphans() -> int:
    """Give back every allocation that no running session needs, or whose time is over. Return how many are left."""
    release(_releasable())
    return _releasable().count()


def release(allocations: Iterable[VoiceAllocation]) -> None:
    held = list(allocations)
    if held and conf.current().cf_orch_url:
        for allocation_id in async_to_sync(_release)([allocation.allocation_id for allocation in held]):
            _forget(allocation_id)


async def _release(allocation_ids: list[str]) -> list[str]:
    orch = coordinator(conf.current())
    try:
        return [allocation_id for allocation_id in allocation_ids if await orch.release(allocation_id)]
    finally:
        await orch.aclose()


def _releasable() -> models.QuerySet[VoiceAllocation]:
    needed = VoiceSession.objects.filter(has_fresh_lease() | ~models.Q(state=State.STOPPED))
    superseded = models.Q(expires_at__lt=timezone.now())
    return VoiceAllocation.objects.filter(superseded | models.Q(session=None) | ~models.Q(session__in=needed))


def _releasable_ids(session_id: uuid.UUID) -> list[str]:
    return list(_releasable().filter(session_id=session_id).values_list("allocation_id", flat=True))


def _current(session_id: uuid.UUID) -> Allocation | None:
    """Return the session's newest allocation while it need not be renewed yet."""
    renewable_from = timezone.now() + timedelta(seconds=TTL_S * (1 - RENEW_AT))
    held = VoiceAllocation.objects.filter(session_id=session_id, expires_at__gt=renewable_from).last()
    return Allocation(held.allocation_id, held.url, held.expires_at) if held else None


def _remember(session_id: uuid.UUID, allocation: Allocation) -> None:
    """Write a new allocation down. That of a session forgotten meanwhile belongs to none: the reaper gives it back."""
    with transaction.atomic():
        held = VoiceSession.objects.select_for_update(no_key=True).filter(pk=session_id).first()
        VoiceAllocation.objects.create(
            session=held,
            allocation_id=allocation.allocation_id,
            url=allocation.url,
            expires_at=allocation.expires_at,
        )
        VoiceSession.objects.filter(pk=session_id).update(
            voice_url=allocation.url, allocation_id=allocation.allocation_id
        )


def _forget(allocation_id: str) -> None:
    with transaction.atomic():
        VoiceAllocation.objects.filter(allocation_id=allocation_id).delete()
        VoiceSession.objects.filter(allocation_id=allocation_id).update(voice_url="", allocation_id="")
