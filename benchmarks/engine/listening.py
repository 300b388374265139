"""Sound through the whole listener, as a session would send it: 1 s windows of 16-bit samples."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32, to_pcm16
from sessions_app.audio.window import Windower
from sessions_app.engine.models import Engine
from sessions_app.engine.weights import AUTO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sessions_app.audio.window import PcmWindow
    from sessions_app.engine.observation import Observation

PAUSE_S = 1.2
ASR_MODEL = os.environ.get("LINNET_ASR_MODEL", AUTO)


@cache
def engine(*, partials: bool = False) -> Engine:
    """Return a loaded engine. Raises `SystemExit` without its models: nothing could be measured."""
    loaded = Engine(ASR_MODEL, partials=partials)
    loaded.load()
    if not loaded.has_captions:
        raise SystemExit(" ".join(loaded.warnings))
    return loaded


def windows(sound: Float32) -> Iterator[PcmWindow]:
    windower = Windower(window_ms=1000)
    yield from windower.push(to_pcm16(sound))
    if tail := windower.flush():
        yield tail


def observations(sound: Float32, *, partials: bool = False, num_speakers: int | None = None) -> list[Observation]:
    """Return everything a new session hears in `sound`, the flush at its end included."""
    listener = engine(partials=partials).listener(num_speakers=num_speakers)
    hearings = [*map(listener.hear, windows(sound)), listener.flush()]
    return [observation for hearing in hearings for observation in hearing.observations]


def finals(heard: list[Observation]) -> list[Observation]:
    return [one for one in heard if one.kind == "transcript" and one.is_final]


def pause(seconds: float = PAUSE_S) -> Float32:
    return np.zeros(round(seconds * SAMPLE_RATE_HZ), dtype=np.float32)


def with_pauses(clips: list[Float32]) -> Float32:
    return np.concatenate([part for clip in clips for part in (clip, pause())])
