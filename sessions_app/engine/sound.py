"""The scene around the words: music, hold music, silence, dead air, quiet, and changes of the background.

Call tones must be looked for first (`CallSignals`): to a music detector they are music.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32, dbfs
from sessions_app.engine.background import Background

if TYPE_CHECKING:
    from sessions_app.engine.sound_kinds import KindDetector

CONTEXT_SAMPLES = SAMPLE_RATE_HZ // 4  # heard before a window: fewer windows of soft music are missed
SMOOTH_S = 4.0  # one window in ten of real hold music does not sound like music
ENTER_AFTER_S = 3.0  # of sound heard, before music may be said
MUSIC_ENTERS = 0.6  # mean probability over `SMOOTH_S`
MUSIC_LEAVES = 0.4
SPEECH_PROBABILITY = 0.5
TONE_ENDS_MUSIC_S = 3.0
ALONE_S = 3.0  # music nobody has spoken over for so long is hold music; else it is in the room

SILENCE_AFTER_S = 3.0
DEAD_AIR_AFTER_S = 15.0
CUT_LINE_DBFS = -75.0  # nothing but dither: muted, or the line is gone
DEAD_AIR_CUT_LINE_S = 8.0
NOTHING_OVER_FLOOR_DB = 8.0  # the loudest 50 ms of plain noise stay under this
QUIET_FLOOR_DBFS = -50.0  # a calm room on a laptop microphone: -55 to -65

_BLOCK = 800


@dataclass(frozen=True, slots=True)
class Scene:
    """What the latest stretch of sound was like.

    `queue` is `hold_music`, `silence`, `dead_air` or None, `environ` is `music`, `quiet` or None: states, the same
    in every report for as long as they last. `changes` are moments: `noise_floor_change`, `background_shift`.
    Probabilities are None without a detector; `confidence` is that of `queue` and `environ`.
    """

    speech: float | None
    music: float | None
    level_dbfs: float
    floor_dbfs: float
    queue: str | None
    environ: str | None
    confidence: float
    changes: tuple[str, ...]

    @property
    def snr_db(self) -> float:
        """How far the stretch stands out of the background, 0 or more."""
        return max(0.0, self.level_dbfs - self.floor_dbfs)


class SoundScene:
    """Hears one session. `detector` is `sound_kinds.installed_detector()`; None means no music states."""

    def __init__(self, detector: KindDetector | None) -> None:
        self._detector = detector
        self._background = Background()
        self._context: Float32 = np.zeros(0, dtype=np.float32)
        self._music: deque[tuple[float, float]] = deque()  # seconds, probability
        self._is_music = False
        self._since_speech_s = ALONE_S
        self._tone_s = 0.0
        self._nothing_s = 0.0
        self._cut_s = 0.0

    def hear(self, samples: Float32, *, is_tone_on: bool = False, is_speech: bool | None = None) -> Scene:
        """Return the scene at the end of `samples`, float32 in [-1, 1), which follow those heard before.

        `is_tone_on`: call tones are in them, so they are neither music nor silence. `is_speech`: what a better
        voice detector says; None leaves it to this one.
        """
        heard_s = samples.size / SAMPLE_RATE_HZ
        speech, music = self._kinds(samples, is_tone_on=is_tone_on)
        has_speech = is_speech if is_speech is not None else (speech or 0.0) > SPEECH_PROBABILITY
        self._since_speech_s = 0.0 if has_speech else self._since_speech_s + heard_s
        self._tone_s = self._tone_s + heard_s if is_tone_on else 0.0
        self._judge_music(heard_s, music or 0.0, is_tone_on=is_tone_on)
        is_covered = is_tone_on or self._is_music or (music or 0.0) > MUSIC_ENTERS
        changes = self._background.hear(samples, is_covered=is_covered, is_speech=has_speech)
        self._count_nothing(samples, heard_s, is_something=is_covered or has_speech)
        return self._scene(samples, speech, music, changes, is_tone_on=is_tone_on)

    def _kinds(self, samples: Float32, *, is_tone_on: bool) -> tuple[float | None, float | None]:
        sound = np.concatenate([self._context, samples])
        self._context = sound[:0] if is_tone_on else sound[-CONTEXT_SAMPLES:].copy()
        if self._detector is None:
            return None, None
        if is_tone_on or samples.size == 0:
            return 0.0, 0.0
        kinds = self._detector.kinds(sound, last_samples=samples.size)
        return kinds.speech, max(kinds.music, kinds.singing)

    def _judge_music(self, heard_s: float, probability: float, *, is_tone_on: bool) -> None:
        if is_tone_on:  # a held note in music, or a call: only time tells
            if self._tone_s > TONE_ENDS_MUSIC_S:
                self._music.clear()
                self._is_music = False
            return
        self._music.append((heard_s, probability))
        while sum(seconds for seconds, _ in self._music) - self._music[0][0] >= SMOOTH_S:
            self._music.popleft()
        total_s = sum(seconds for seconds, _ in self._music)
        if self._is_music:
            self._is_music = self.music_probability > MUSIC_LEAVES
        else:
            self._is_music = total_s >= ENTER_AFTER_S and self.music_probability >= MUSIC_ENTERS

    @property
    def music_probability(self) -> float:
        """The mean over the last `SMOOTH_S`, 0 before anything was heard."""
        total_s = sum(seconds for seconds, _ in self._music)
        if total_s <= 0.0:
            return 0.0
        return sum(seconds * probability for seconds, probability in self._music) / total_s

    def _count_nothing(self, samples: Float32, heard_s: float, *, is_something: bool) -> None:
        limit_dbfs = self._background.floor_dbfs + NOTHING_OVER_FLOOR_DB
        is_nothing = not is_something and max(_loudest_dbfs(samples), CUT_LINE_DBFS) <= max(limit_dbfs, CUT_LINE_DBFS)
        self._nothing_s = self._nothing_s + heard_s if is_nothing else 0.0
        is_cut = is_nothing and _loudest_dbfs(samples) <= CUT_LINE_DBFS
        self._cut_s = self._cut_s + heard_s if is_cut else 0.0

    def _scene(
        self,
        samples: Float32,
        speech: float | None,
        music: float | None,
        changes: tuple[str, ...],
        *,
        is_tone_on: bool,
    ) -> Scene:
        queue, environ, confidence = self._states(is_tone_on=is_tone_on)
        return Scene(
            speech=speech,
            music=music,
            level_dbfs=dbfs(samples),
            floor_dbfs=self._background.floor_dbfs,
            queue=queue,
            environ=environ,
            confidence=confidence,
            changes=changes,
        )

    def _states(self, *, is_tone_on: bool) -> tuple[str | None, str | None, float]:
        if self._is_music:
            is_alone = self._since_speech_s >= ALONE_S
            return "hold_music" if is_alone else None, None if is_alone else "music", self.music_probability
        if is_tone_on:
            return None, None, 0.0
        environ = "quiet" if self._is_quiet() else None
        if self._nothing_s >= DEAD_AIR_AFTER_S or self._cut_s >= DEAD_AIR_CUT_LINE_S:
            return "dead_air", environ, 0.9
        return "silence" if self._nothing_s >= SILENCE_AFTER_S else None, environ, 0.8

    def _is_quiet(self) -> bool:
        return self._nothing_s >= SILENCE_AFTER_S and self._background.floor_dbfs <= QUIET_FLOOR_DBFS


def _loudest_dbfs(samples: Float32) -> float:
    """Return the level of the loudest 50 ms."""
    blocks = samples[: samples.size // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    return max((dbfs(block) for block in blocks), default=dbfs(samples))
