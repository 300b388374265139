"""How the listening goes, told when it changes: who listens and how well, and whether we fall behind."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from sessions_app import journal
from sessions_app.live import messages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from sessions_app.live.pipeline import Pipeline
    from sessions_app.voice.contract import Backend

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
SLOW_LAG_MS = 3_000
SAVING_LATE = messages.service("degraded", detail="Saving is delayed. Nothing is lost so far.")


async def keep_telling(backend: Backend, pipeline: Pipeline, tell: Callable[[str], Awaitable[None]]) -> None:
    """Look once a second and `tell` what is new, until cancelled. What fails is logged: the microphone goes on."""
    try:
        await _keep_telling(backend, pipeline, tell)
    except Exception:
        logger.exception("nobody is told any more how the listening goes")


async def _keep_telling(backend: Backend, pipeline: Pipeline, tell: Callable[[str], Awaitable[None]]) -> None:
    said_service = said_flow = ""
    status, shed_seen, was_stalled = await backend.status(), 0, False
    while True:
        is_stalled = journal.current().is_stalled
        if status.status in {"loading", "unavailable"} or is_stalled != was_stalled:
            status, was_stalled = await backend.status(), is_stalled
        frame = messages.service(status.status, detail=status.detail, models=status.models)
        frame = SAVING_LATE if is_stalled else frame
        if frame != said_service:
            await tell(frame)
        said_service = frame
        state = "shedding" if pipeline.shed_samples > shed_seen else _flow_by_lag(pipeline)
        shed_seen = pipeline.shed_samples
        if state != said_flow and (said_flow or state != "ok"):
            await tell(messages.flow(state, lag_ms=pipeline.progress.lag_ms))
        said_flow = state
        await asyncio.sleep(LOOK_EVERY_S)


def _flow_by_lag(pipeline: Pipeline) -> str:
    return "slow" if pipeline.progress.lag_ms > SLOW_LAG_MS else "ok"
