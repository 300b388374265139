"""How well the numpy half of the engine listens: call tones, music, F0, tone, speakers.

Real sound: Debian's asterisk-core-sounds-{en,fr,it,ru}-g722, asterisk-moh-opsound-wav and pocketsphinx-testdata; sox
for the shifted voices. What is not installed is left out.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import time
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.engine.sounds import VOICES, hold_music, librivox, prompts
from sessions_app.audio.pcm import SAMPLE_RATE_HZ, Float32, to_float32, to_pcm16
from sessions_app.engine.call_signals import CallReport, CallSignals
from sessions_app.engine.pitch import FRAME, HOP, f0_hz
from sessions_app.engine.prosody import track
from sessions_app.engine.sound import Scene, SoundScene
from sessions_app.engine.sound_kinds import installed_detector
from sessions_app.engine.speakers import SpeakerClusters
from sessions_app.engine.tone import NOT_ENOUGH, ToneJudge
from tests import signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = tuple[str, str, str]  # what, target, value

KEYS = "1234567890*#ABCD"
LINES = {  # name → sound and the tone it is
    "ringback US": (signals.cadence(440, 480, on_off_s=(2, 4), duration_s=20), "ringback"),
    "ringback UK": (signals.cadence(400, 450, on_off_s=(0.4, 0.2, 0.4, 2), duration_s=18), "ringback"),
    "ringback CEPT": (signals.cadence(425, on_off_s=(1, 4), duration_s=20), "ringback"),
    "busy US": (signals.cadence(480, 620, on_off_s=(0.5, 0.5), duration_s=10), "busy"),
    "busy UK": (signals.cadence(400, on_off_s=(0.375, 0.375), duration_s=9), "busy"),
    "busy CEPT": (signals.cadence(425, on_off_s=(0.5, 0.5), duration_s=10), "busy"),
    "reorder US": (signals.cadence(480, 620, on_off_s=(0.25, 0.25), duration_s=10), "reorder"),
    "reorder UK": (signals.cadence(400, on_off_s=(0.4, 0.35, 0.225, 0.525), duration_s=9), "reorder"),
    "reorder CEPT": (signals.cadence(425, on_off_s=(0.25, 0.25), duration_s=10), "reorder"),
    "dial US": (signals.tone(350, 440, duration_s=8), "dial"),
    "dial UK": (signals.tone(350, 450, duration_s=8), "dial"),
    "dial CEPT": (signals.tone(425, duration_s=8), "dial"),
}


def windows(sound: Float32, seconds: float = 1.0) -> Iterable[tuple[int, Float32]]:
    step = round(seconds * SAMPLE_RATE_HZ)
    return ((at, sound[at : at + step]) for at in range(0, sound.size, step))


def line_reports(sound: Float32, seconds: float = 1.0) -> list[CallReport]:
    line = CallSignals()
    return [line.hear(samples, at) for at, samples in windows(sound, seconds)]


def scenes(sound: Float32) -> list[Scene]:
    line, scene = CallSignals(), SoundScene(installed_detector())
    return [scene.hear(samples, is_tone_on=line.hear(samples, at).is_tone_on) for at, samples in windows(sound)]


def digits() -> list[Row]:
    rows = []
    for on_s in (0.04, 0.05, 0.08):
        heard = sent = 0
        for detune, twist_db in itertools.product((-0.015, -0.0075, 0.0, 0.0075, 0.015), (-8, 0, 4)):
            sound = signals.dtmf(KEYS, on_s=on_s, off_s=0.05, detune=detune, twist_db=twist_db)
            reports = line_reports(signals.with_noise(sound, 15, seed=sent))
            got = "".join(digit.symbol for report in reports for digit in report.digits)
            heard += sum(a == b for a, b in zip(got, KEYS, strict=False)) if len(got) == len(KEYS) else 0
            sent += len(KEYS)
        rows.append((f"DTMF, {on_s * 1000:.0f} ms at 15 dB SNR, {sent} digits", "≥ 99 %", f"{heard / sent:.1%}"))
    return rows


def false_signals() -> list[Row]:
    talk = [np.concatenate(prompts(name, total_s=400)) for name in VOICES if prompts(name, total_s=1)]
    rows = []
    for name, sounds in (("hold music", list(hold_music().values())), ("speech", talk)):
        reports = [report for sound in sounds for report in line_reports(sound)]
        told = sum(len(report.digits) for report in reports)
        states = sum(report.line is not None for report in reports)
        minutes = sum(sound.size for sound in sounds) / SAMPLE_RATE_HZ / 60
        rows.append((f"false digits / line states in {minutes:.0f} min of {name}", "0 / 0", f"{told} / {states}"))
    return rows


def lines() -> list[Row]:
    worst_in_s = worst_out_s = 0.0
    wrong = 0
    for sound, tone in LINES.values():
        lead = signals.silence(3)
        noisy = np.concatenate([lead, sound, signals.silence(8)])
        noisy += signals.white_noise(noisy.size / SAMPLE_RATE_HZ, -35)  # 15 dB under the tones
        heard = [report.line.tone if report.line else None for report in line_reports(noisy)]
        wrong += {*heard} != {None, tone}
        entered_s = heard.index(tone) + 1
        left_s = len(heard) - heard[::-1].index(tone)
        worst_in_s = max(worst_in_s, entered_s - 3)
        due_s = np.flatnonzero(np.abs(sound) > 0)[-1] / SAMPLE_RATE_HZ + 3
        pause_s = {"ringback US": 4, "ringback CEPT": 4, "ringback UK": 2}
        name = next(key for key, value in LINES.items() if value[0] is sound)
        worst_out_s = max(worst_out_s, left_s + 1 - due_s - pause_s.get(name, 0))
    return [
        (f"line tones recognised, {len(LINES)} of them at 15 dB SNR", f"{len(LINES)}", f"{len(LINES) - wrong}"),
        ("slowest to enter, 1 s windows", "≤ 6 s", f"{worst_in_s:.1f} s"),
        ("slowest to leave once the next burst was due", "≤ 4 s", f"{worst_out_s:.1f} s"),
    ]


def music() -> list[Row]:
    if installed_detector() is None:
        return []
    talk = np.concatenate(prompts("Allison", total_s=20))
    talk = talk[: talk.size // SAMPLE_RATE_HZ * SAMPLE_RATE_HZ]
    talk_s = talk.size // SAMPLE_RATE_HZ
    rows = []
    for name, piece in hold_music().items():
        audible = np.flatnonzero(np.abs(piece) > 0.01)
        piece = piece[audible[0] : min(audible[-1], 120 * SAMPLE_RATE_HZ)]
        heard = [scene.queue == "hold_music" for scene in scenes(np.concatenate([talk, piece, talk]))]
        piece_s = piece.size / SAMPLE_RATE_HZ
        enter_s = heard.index(True) + 1 - talk_s
        leave_s = len(heard) - heard[::-1].index(True) + 1 - talk_s - piece_s
        covered = np.mean(heard[talk_s : talk_s + int(piece_s)])
        rows.append(
            (f"hold music {name}: in / out", "≤ 6 / ≤ 4 s", f"{enter_s:.0f} / {leave_s:.1f} s, {covered:.0%} covered")
        )
    talk = np.concatenate([clip for name in VOICES for clip in prompts(name, total_s=75)])
    false = np.mean([scene.queue == "hold_music" or scene.environ == "music" for scene in scenes(talk)])
    return [*rows, ("music during 5 min of speech", "0 %", f"{false:.1%}")]


def pitch() -> list[Row]:
    rows = []
    for snr_db in (60, 20, 10):
        wrong = voiced = 0
        for hz in (80, 100, 150, 220, 300, 400):
            heard = f0_hz(signals.with_noise(signals.voice(4, hz, seed=1), snr_db))
            true = signals.f0_contour(4, hz, seed=1)[FRAME // 2 :: HOP][: heard.size]
            voiced += np.count_nonzero(heard)
            wrong += np.count_nonzero(np.abs(heard[heard > 0] / true[heard > 0] - 1) > 0.2)
        rows.append((f"F0 gross errors, synthetic voices at {snr_db} dB", "≤ 1 %", f"{wrong / voiced:.2%}"))
    return rows


def shifted(sound: Float32, *effect: str) -> Float32:
    raw = ("-t", "raw", "-r", "16000", "-e", "signed", "-b", "16", "-c", "1")
    command = ["sox", *raw, "-", *raw, "-", *effect]
    done = subprocess.run(command, input=to_pcm16(sound * np.float32(0.5)), capture_output=True, check=True)
    return to_float32(done.stdout) * np.float32(2.0)


def tone() -> list[Row]:
    if shutil.which("sox") is None:
        return []
    flagged: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for name in VOICES:
        speech = np.concatenate([np.zeros(0, dtype=np.float32), *prompts(name, total_s=240)])
        versions = {"neutral": speech, "+4 st": shifted(speech, "pitch", "400")}
        versions["-3 st, -5 dB"] = shifted(speech, "pitch", "-300", "gain", "-5")
        for base, version in itertools.product(range(0, speech.size - 400_000, 160_000), versions):
            for at in range(base + 192_000, min(base + 384_000, speech.size - 64_000), 64_000):
                judge = ToneJudge()
                for _, samples in windows(speech[base : base + 192_000], 3.0):  # 10 s of speech, pauses taken out
                    judge.hear(samples, base, speaker_id="A")
                span = versions[version][at : at + 64_000]  # 3 s of speech with its pauses
                heard = judge.hear(span, at, speaker_id="A")
                if heard is not None and heard.label != NOT_ENOUGH:
                    judged[version] += 1
                    flagged[version] += heard.shift_magnitude >= 0.5
    targets = {"neutral": "≤ 2 %", "+4 st": "≥ 70 %", "-3 st, -5 dB": "-"}
    return [
        (f"3 s spans flagged after 10 s, {version}, n = {judged[version]}", target, f"{share:.1%}")
        for version, target in targets.items()
        if (share := flagged[version] / max(1, judged[version])) is not None
    ]


def dialogue(voices: list[list[Float32]], seed: int, turns: int = 40) -> list[tuple[int, Float32]]:
    rng = np.random.default_rng(seed)
    said, who = [], 0
    for _ in range(turns):
        who = int(rng.integers(len(voices))) if rng.random() < 0.7 else who
        clip = voices[who][rng.integers(len(voices[who]))]
        length = int(rng.uniform(1.0, 4.0) * SAMPLE_RATE_HZ)
        begin = int(rng.integers(0, max(1, clip.size - length)))
        turn = clip[begin : begin + length]
        audible = np.flatnonzero(np.abs(turn) > 0.01)
        if audible.size > 100:
            said.append((who, turn[audible[0] : audible[-1]]))
    return said


def time_right(turns: list[tuple[int, Float32]]) -> float:
    clusters, at = SpeakerClusters(), 0
    shared: Counter[tuple[int, str]] = Counter()
    for who, turn in turns:
        at += turn.size
        shared[who, clusters.assign(turn, at).speaker_id] += turn.size
    people, labels = {who for who, _ in shared}, {label for _, label in shared}
    pairings = itertools.permutations(labels, min(len(people), len(labels)))
    best = max(sum(shared[pair] for pair in zip(sorted(people), pairing, strict=False)) for pairing in pairings)
    return best / at


def speakers() -> list[Row]:
    casts = (["Allison"], ["Carlo"], ["Allison", "Carlo"], ["Allison", "June"], ["Allison", "June", "Carlo"])
    rows = []
    for cast in casts:
        voices = [prompts(name, total_s=200) for name in cast]
        if not all(voices):
            continue
        right = [time_right(dialogue(voices, seed)) for seed in range(12)]
        text = f"{np.mean(right):.1%} (worst {min(right):.0%})"
        rows.append((f"time right, {' + '.join(cast)}, 12 calls", "≥ 90 %", text))
    return rows


def cost() -> list[Row]:
    sound = np.concatenate([*prompts("Allison", total_s=60), *librivox()])
    line, scene, judge, clusters = CallSignals(), SoundScene(installed_detector()), ToneJudge(), SpeakerClusters()
    parts: dict[str, tuple[str, Callable[[int, Float32], object]]] = {
        "call signals": ("-", lambda at, samples: line.hear(samples, at)),
        "sound scene": ("-", lambda at, samples: scene.hear(samples)),
        "prosody": ("≤ 5 ms", lambda at, samples: track(samples)),
        "tone, prosody included": ("-", lambda at, samples: judge.hear(samples, at, speaker_id="A")),
        "speakers": ("-", lambda at, samples: clusters.assign(samples, at)),
    }
    rows = []
    for name, (target, run) in parts.items():
        begin_s = time.process_time()
        for at, samples in windows(sound, 3.0 if name == "speakers" else 1.0):
            run(at, samples)
        each_ms = (time.process_time() - begin_s) * 1e3 / (sound.size / SAMPLE_RATE_HZ)
        rows.append((f"CPU a second of sound: {name}", target, f"{each_ms:.1f} ms"))
    return rows


def main() -> None:
    print(f"{'':68}{'target':>14}  value")
    for measure in (digits, false_signals, lines, music, pitch, tone, speakers, cost):
        for what, target, value in measure():
            print(f"{what:68}{target:>14}  {value}", flush=True)


if __name__ == "__main__":
    main()
