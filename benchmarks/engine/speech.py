"""How well and at what price the whole listener hears real speech: words, speakers, the line, CPU time."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.engine.listening import PAUSE_S, finals, observations, pause, with_pauses
from benchmarks.engine.sounds import PROMPTS, VOICES, hold_music, librivox, load, prompts
from benchmarks.engine.table import Row
from benchmarks.engine.transcripts import texts, word_error_rate
from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32
from tests import signals

if TYPE_CHECKING:
    from pathlib import Path

    from sessions_app.engine.observation import Observation

LEAST_WORDS = 5  # "Call waiting." says little about a recogniser
EVERY = 3  # of those prompts; all of them would take three times as long and say the same
LEAST_PROMPTS = 60
NOISE_SNR_DB = 10.0
COST_RUNS = 2  # the cheaper one counts: other work on the machine makes the same computing dearer


def said_prompts(path: Path) -> list[tuple[str, Float32]]:
    """Return (text, sound) of every third prompt that is a sentence."""
    folder = PROMPTS / VOICES["Allison"]
    sentences = [
        (text, folder / f"{name}.g722")
        for name, text in sorted(texts(path).items())
        if len(text.split()) >= LEAST_WORDS
    ]
    return [(text, load(file)) for text, file in sentences[::EVERY] if file.is_file()]


def words(path: Path) -> list[Row]:
    said = said_prompts(path)
    if len(said) < LEAST_PROMPTS:
        return [Row("word error rate", "≤ 5 %", "too few prompts are installed")]
    all_said = " ".join(text for text, _ in said)
    sound = with_pauses([clip for _, clip in said])
    noise = signals.pink_noise(sound.size / SAMPLE_RATE_HZ, _speech_dbfs(sound) - NOISE_SNR_DB)
    rows = []
    for name, target, heard_sound in (
        (f"word error rate, {len(said)} prompts, {len(all_said.split())} words", "≤ 5 %", sound),
        (f"word error rate with pink noise at {NOISE_SNR_DB:.0f} dB", "≤ 35 %", sound + noise[: sound.size]),
    ):
        heard = " ".join(final.label for final in finals(observations(heard_sound)))
        rows.append(Row(name, target, f"{word_error_rate(all_said, heard):.1%}"))
    return rows


def _speech_dbfs(sound: Float32) -> float:
    """Return the RMS level of the 50 ms blocks that are no pause."""
    blocks = sound[: sound.size // 800 * 800].reshape(-1, 800)
    power = np.mean(np.square(blocks), axis=1)
    return 10 * float(np.log10(np.mean(power[power > 1e-5])))


def no_words() -> list[Row]:
    """Count words where there are none; partials count, too."""
    music = [piece[: 30 * SAMPLE_RATE_HZ] for piece in hold_music().values()]
    tones = [signals.tone(hz, duration_s=10) for hz in (425.0, 1000.0)]
    sounds = {
        f"hold music, {len(music)} pieces of 30 s": music,
        "ringback, busy, steady tones, 60 s": [_ringback(20), _busy(20), *tones],
        "DTMF, 100 digits": [signals.dtmf("0123456789" * 10)],
        "white and pink noise, 60 s": [signals.white_noise(30, -30), signals.pink_noise(30, -30)],
        "silence, 30 s": [pause(30)],
    }
    return [Row(f"words in {name}", "0", str(sum(map(_count_words, clips)))) for name, clips in sounds.items() if clips]


def _count_words(sound: Float32) -> int:
    heard = observations(sound, partials=True)
    return sum(len(one.label.split()) for one in heard if one.kind == "transcript")


def _ringback(seconds: float) -> Float32:
    return signals.cadence(*signals.US_RINGBACK_HZ, on_off_s=(2, 4), duration_s=seconds)


def _busy(seconds: float) -> Float32:
    return signals.cadence(*signals.US_BUSY_HZ, on_off_s=(0.5, 0.5), duration_s=seconds)


def line() -> list[Row]:
    """How late a caller's page says what the line does, and that it stopped; speech before and after."""
    speech = with_pauses(prompts("Allison", total_s=12))
    sounds = {"ringback": ("ringback", _ringback(20)), "busy": ("busy", _busy(20))}
    for name, piece in hold_music().items():
        audible = np.flatnonzero(np.abs(piece) > 0.01)
        sounds[f"hold music {name}"] = ("hold_music", piece[audible[0] : audible[0] + 20 * SAMPLE_RATE_HZ])
    rows = []
    for name, (label, sound) in sounds.items():
        heard = observations(np.concatenate([speech, sound, speech]))
        begin_ms = speech.size * 1000 / SAMPLE_RATE_HZ
        end_ms = begin_ms + _last_sound(sound) * 1000 / SAMPLE_RATE_HZ
        rows.append(
            Row(f"whole listener, {name}: in / out", "≤ 6 / ≤ 4 s", _in_and_out(heard, label, begin_ms, end_ms))
        )
    return rows


def _last_sound(sound: Float32) -> int:
    return int(np.flatnonzero(np.abs(sound) > 0.01)[-1])


def _in_and_out(heard: list[Observation], label: str, begin_ms: float, end_ms: float) -> str:
    """Return when `label` was first and last entered and left, and how often, in seconds after it was true."""
    states = [(one.label, one.end_ms) for one in heard if one.kind == "queue" and one.label != "dtmf_tone"]
    entered = [at_ms for state, at_ms in states if state == label]
    left = [at_ms for (before, _), (_, at_ms) in itertools.pairwise(states) if before == label]
    if not entered or len(left) < len(entered):
        return f"not {'left' if entered else 'recognised'}"
    late = f"{(entered[0] - begin_ms) / 1000:.1f} / {max(0.0, (left[-1] - end_ms) / 1000):.1f} s"
    return late if len(entered) == 1 else f"{late}, in {len(entered)} parts"


def dialogues() -> list[Row]:
    """How much of a dialogue of two real speakers is given to the right one, by the speaker of its transcripts."""
    allison = prompts("Allison", shortest_s=2.0, total_s=60)
    casts = {"Carlo": prompts("Carlo", shortest_s=2.0, total_s=60), "a LibriVox reader": librivox() * 2}
    rows = []
    for name, others in casts.items():
        turns = [(index % 2, clip) for index, clip in enumerate(_in_turn(allison, others))]
        what = f"dialogue, Allison + {name}, {len(turns)} turns: time right"
        rows.append(Row(what, "≥ 90 %", f"{_time_right(turns):.1%}"))
    return rows


def _in_turn(first: list[Float32], second: list[Float32]) -> list[Float32]:
    return [clip for both in zip(first, second, strict=False) for clip in both]


def _time_right(turns: list[tuple[int, Float32]]) -> float:
    """Return the share of the time that has the right label, under the best pairing; turns without words have none."""
    said = finals(observations(with_pauses([clip for _, clip in turns])))
    ends_s = np.cumsum([clip.size / SAMPLE_RATE_HZ + PAUSE_S for _, clip in turns])
    shared: Counter[tuple[int, str]] = Counter()
    unheard = dict(enumerate(turns))
    for final in said:
        turn = int(np.searchsorted(ends_s, (final.start_ms + final.end_ms) / 2000))
        shared[turns[turn][0], final.speaker_id] += final.end_ms - final.start_ms
        unheard.pop(turn, None)
    labels = {label for _, label in shared}
    pairings = itertools.permutations(labels, min(2, len(labels)))
    best = max(sum(shared[pair] for pair in enumerate(pairing)) for pairing in pairings)
    return best / (sum(shared.values()) + sum(clip.size * 1000 / SAMPLE_RATE_HZ for _, clip in unheard.values()))


def cost() -> list[Row]:
    """What a session costs in which somebody talks all the time: everything that listens, on one core."""
    talk = np.concatenate([*prompts("Allison", shortest_s=2.0, total_s=30), *librivox()])
    plain = min(_cpu_share(talk, partials=False) for _ in range(COST_RUNS))
    guessing = min(_cpu_share(talk, partials=True) for _ in range(COST_RUNS))
    return [
        Row("CPU seconds a second of talk", "≤ 0.10", f"{plain:.3f}"),
        Row("CPU seconds a second of talk, with partials", "≤ 0.40", f"{guessing:.3f}"),
    ]


def _cpu_share(talk: Float32, *, partials: bool) -> float:
    began_s = time.process_time()
    observations(talk, partials=partials)
    return (time.process_time() - began_s) * SAMPLE_RATE_HZ / talk.size
