"""Real sounds for the measurements: Asterisk prompts and hold music, LibriVox readings, decoded to 16 kHz."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np

from sessions_app.audio.files import read
from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32, to_float32

PROMPTS = Path("/usr/share/asterisk/sounds")
HOLD_MUSIC = Path("/usr/share/asterisk/moh")
POCKETSPHINX = Path("/usr/share/pocketsphinx/test/data")
VOICES = {  # name → folder of Debian's asterisk-core-sounds-*-g722
    "Allison": "en_US_f_Allison",
    "June": "fr_CA_f_June",
    "Carlo": "it_IT_m_Carlo",
    "Maxim": "ru_RU_f_IvrvoiceRU",
}


@lru_cache(maxsize=4000)
def load(path: Path) -> Float32:
    """Return `path` as float32 mono at 16 kHz."""
    return to_float32(read(path))


def prompts(voice: str, *, shortest_s: float = 1.0, total_s: float = 1e9) -> list[Float32]:
    """Return prompts of `voice` in the order of their names, up to `total_s` seconds, [] when not installed."""
    clips: list[Float32] = []
    heard_s = 0.0
    for path in sorted((PROMPTS / VOICES[voice]).glob("*.g722")):
        clip = load(path)
        if clip.size < shortest_s * SAMPLE_RATE_HZ or np.abs(clip).max() < 0.02:
            continue
        clips.append(clip)
        heard_s += clip.size / SAMPLE_RATE_HZ
        if heard_s >= total_s:
            break
    return clips


def hold_music() -> dict[str, Float32]:
    return {path.stem: load(path) for path in sorted(HOLD_MUSIC.glob("*.wav"))}


def librivox() -> list[Float32]:
    return [load(path) for path in sorted((POCKETSPHINX / "librivox").glob("*.wav"))]
