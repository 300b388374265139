"""Print the constants of `sessions_app/engine/voice_space.py`: within-class covariance normalisation (Hatch, Kajarekar
and Stolcke, Interspeech 2006) of the plain voice statistics, over whatever speakers are installed.

Allison, June and Carlo are left out: `engine_signals.py` measures on them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from benchmarks.engine.sounds import POCKETSPHINX, PROMPTS, librivox, load, prompts
from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32
from sessions_app.engine.embedding import voice_sample

if TYPE_CHECKING:
    from pathlib import Path

STRETCH_SAMPLES = 2 * SAMPLE_RATE_HZ
MOST_STRETCHES = 60
SHRINKAGE = 0.1


def statistics_of(clips: list[Float32]) -> npt.NDArray[np.float64]:
    sound = np.concatenate(clips)
    stretches = (sound[at : at + STRETCH_SAMPLES] for at in range(0, sound.size, STRETCH_SAMPLES))
    rows = [sample.vector for sample in map(voice_sample, stretches) if sample is not None]
    return np.array(rows[:MOST_STRETCHES])


def folder(path: Path, suffix: str) -> list[Float32]:
    files = [file for file in sorted(path.glob(f"*.{suffix}")) if file.stat().st_size > 3000]  # some are empty
    return [load(file) for file in files[:120]]


def main() -> None:
    speakers = [
        prompts("Maxim", total_s=150),
        folder(PROMPTS / "it_IT_f_Menardi", "wav"),
        folder(PROMPTS / "es", "gsm"),
        folder(PROMPTS / "fr", "gsm"),
        librivox(),
        folder(POCKETSPHINX / "cards", "wav"),
    ]
    rows = [statistics_of(clips) for clips in speakers if clips]
    centre = np.mean([row.mean(axis=0) for row in rows], axis=0)
    within = np.mean([np.cov(row.T) for row in rows], axis=0)
    within += SHRINKAGE * np.diag(np.diag(within))
    whitening = np.linalg.cholesky(np.linalg.inv(within)).T  # upper triangular: W x has unit covariance
    print(len(rows), "speakers,", sum(map(len, rows)), "stretches")
    print("CENTRE =", np.round(centre, 2).tolist())
    for row, values in enumerate(whitening):
        print(np.round(values[row:], 2).tolist(), ",", sep="")


if __name__ == "__main__":
    main()
