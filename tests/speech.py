"""Real speech and hold music from Debian's asterisk packages, its texts, and how many words were misheard."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import av

from benchmarks.engine import transcripts
from sessions_app.audio.window import Windower
from sessions_app.engine.models import Engine
from tests.conftest import require

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")  # asterisk-core-sounds-en-g722
HOLD_MUSIC = Path("/usr/share/asterisk/moh")  # asterisk-moh-opsound-wav

SILENCE = bytes(48_000)  # 1.5 s

TEXTS = {
    "agent-pass": "Please enter your password followed by the pound key.",
    "conf-onlyperson": "You are currently the only person in this conference.",
    "followme/status": "The person you are calling is not at their desk. I will try to locate them for you.",
    "priv-callpending": "I have a caller waiting, who introduces themselves as",
    "queue-youarenext": "Your call is now first in line and will be answered by the next available representative.",
    "ss-noservice": "The number you have dialed is not in service. Please check the number and try again.",
    "vm-nobox": "You cannot reply to this message because the sender does not have a mailbox.",
    "vm-opts": "Press 2 to change folders. Press 3 for advanced options. Press 0 for mailbox options.",
}


def prompt(name: str) -> bytes:
    """Return one of the prompts as s16le at 16 kHz; skip when they are not installed."""
    path = PROMPTS / f"{name}.g722"
    require(path.is_file(), "asterisk-core-sounds-en-g722")
    return _decode(path, "g722")


def hold_music(seconds: int) -> list[bytes]:
    """Return the beginning of every piece of hold music as s16le at 16 kHz; skip when none is installed."""
    paths = sorted(HOLD_MUSIC.glob("*.wav"))
    require(bool(paths), "asterisk-moh-opsound-wav")
    return [_decode(path, "wav")[: seconds * 32_000] for path in paths]


def all_texts() -> dict[str, str]:
    """Return what is said in the prompts: in all of them, where their package's documentation is installed."""
    return transcripts.texts() if transcripts.TEXTS.is_file() else TEXTS  # slim systems leave it out


def listen(listener, pcm16: bytes, *, window_ms: int = 1000, start_sample: int = 0):
    """Return everything `listener` observes in `pcm16`, the flush at its end included."""
    windower = Windower(window_ms=window_ms, start_sample=start_sample)
    windows = [*windower.push(pcm16)]
    if tail := windower.flush():
        windows.append(tail)
    hearings = [*map(listener.hear, windows), listener.flush()]
    return [observation for hearing in hearings for observation in hearing.observations]


def finals(observations):
    return [one for one in observations if one.kind == "transcript" and one.is_final]


def partials(observations):
    return [one for one in observations if one.kind == "transcript" and not one.is_final]


@cache
def loaded_engine() -> Engine:
    """Return the one engine of the test run, loaded; skip without its models."""
    engine = Engine()
    engine.load()
    require(engine.has_captions, "the voice extra")
    return engine


@cache
def _decode(path: Path, container: str) -> bytes:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=16_000)
    with av.open(str(path), format=container) as file:
        frames = [part for frame in file.decode(audio=0) for part in resampler.resample(frame)]
    frames += resampler.resample(None)
    return b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames)
