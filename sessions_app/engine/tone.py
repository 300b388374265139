"""Tone from prosody: how a speaker sounds against their own usual, in words that claim no emotion.

Sound tells how stirred a voice is, hardly whether pleasantly (J. Wagner et al., IEEE TPAMI 45(9), 2023): so there
is "tense or excited", never "angry" or "happy".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from math import hypot

from sessions_app.audio.pcm import Float32, ms_from_samples, samples_from_ms
from sessions_app.engine.observation import Observation
from sessions_app.engine.prosody import EMPTY_TRACK, SpeechTrack, track
from sessions_app.engine.usual_voice import Distance, UsualVoice, traits

NOT_ENOUGH = "Not enough speech yet"
CALM = "Calm and steady"
USUAL = "Much as usual"
ENERGETIC = "More energetic than usual"
TENSE = "Tense or excited"
FLAT = "Quieter and flatter than usual"
LOW = "Lower and softer than usual"
LABELS = (NOT_ENOUGH, CALM, USUAL, ENERGETIC, TENSE, FLAT, LOW)

JUDGED_S = 3.0  # one second of neutral speech strays 4 st from its own usual in 5 to 17 %, three seconds do not
MOST_CONFIDENT = 0.6
NOT_ENOUGH_CONFIDENCE = 0.1

SHIFT = 2.0  # scatters of `stirred`: passed by 1 % of neutral 3 s spans after 10 s (benchmarks/engine)
STRONG_SHIFT = 3.0
GREATEST_SHIFT = 4.0

# F0 tells arousal best (AUC 0.98 on acted speech against the speaker's own neutral), tilt next (0.94). Loudness is
# inverted by automatic gain, and rate told nothing there: they may tip a scale, not fill it.
PITCH_WEIGHT, TILT_WEIGHT, LEVEL_WEIGHT, RATE_WEIGHT = 1.0, 0.25, 0.1, 0.1

FLAG_SCATTERS = 1.7
FLATTER_RATIO = 0.55
CALM_RATIO = 0.9
QUIETER_DB = -6.0

_FULL_VOICED_S = 1.2  # about what 3 s of speech hold
_PROVISIONAL_SHARE = 0.75
_UNKNOWN_SNR_SHARE = 0.8
_LEAST_SNR_DB, _FULL_SNR_DB = 3.0, 15.0


@dataclass(slots=True)
class _Speaker:
    usual: UsualVoice = field(default_factory=UsualVoice)
    recent: SpeechTrack = EMPTY_TRACK
    was_stirred: bool = False


class ToneJudge:
    """Judges one session's speakers, each against themselves."""

    def __init__(self) -> None:
        self._speakers: dict[str, _Speaker] = {}

    def hear(
        self,
        samples: Float32,
        start_sample: int,
        *,
        speaker_id: str,
        snr_db: float | None = None,
        is_obscured: bool = False,
    ) -> Observation | None:
        """Return how `speaker_id` sounds in the last 3 s of their speech, of which `samples` are the newest.

        `samples`: float32 in [-1, 1), speech of one person, any length: an utterance, or 1 to 3 s of it at a time.
        None when nothing in them is voiced, and when `is_obscured`: music or a second voice lies over them, so
        nothing is learnt either. Confidence is at most 0.6, and less for little voice, noise, a young baseline or
        a close call.
        """
        speech = EMPTY_TRACK if is_obscured else track(samples).without_pauses()
        if not speech.is_voiced.any():
            return None
        speaker = self._speakers.setdefault(speaker_id, _Speaker())
        speaker.recent = speaker.recent.followed_by(speech, at_most_s=JUDGED_S)
        now = traits(speaker.recent)
        if speaker.usual.traits is None or now is None:
            speaker.usual.learn(speech, now, is_shifted=False)
            return _not_enough(speaker, speaker_id, start_sample, samples.size)
        distance = speaker.usual.distance(now)
        observation = _verdict(speaker, distance, speaker_id, start_sample, samples.size, snr_db)
        speaker.was_stirred = stirred(distance) >= SHIFT
        speaker.usual.learn(speech, now, is_shifted=abs(stirred(distance)) >= SHIFT)
        return observation


def stirred(distance: Distance) -> float:
    """Return how much more (above 0) or less stirred than usual a voice is, in scatters of neutral speech."""
    weighted = (
        PITCH_WEIGHT * distance.pitch_z
        + TILT_WEIGHT * distance.tilt_z
        + LEVEL_WEIGHT * distance.level_z
        + RATE_WEIGHT * distance.rate_z
    )
    return weighted / hypot(PITCH_WEIGHT, TILT_WEIGHT, LEVEL_WEIGHT, RATE_WEIGHT)


def _verdict(
    speaker: _Speaker,
    distance: Distance,
    speaker_id: str,
    start_sample: int,
    samples: int,
    snr_db: float | None,
) -> Observation:
    score = stirred(distance)
    label, other = _labels(score, distance)
    certainty = 0.5 + 0.25 * (abs(score) - SHIFT) if abs(score) >= SHIFT else 1.0 - 0.25 * abs(score)
    trust = _trust(speaker, snr_db)
    start_ms, end_ms = _span_ms(start_sample, samples)
    return Observation(
        kind="tone",
        label=label,
        start_ms=start_ms,
        end_ms=end_ms,
        confidence=round(MOST_CONFIDENT * trust * min(1.0, certainty), 3),
        speaker_id=speaker_id,
        shift_magnitude=round(min(1.0, abs(score) / GREATEST_SHIFT), 3),
        shift_direction=_direction(score, was_stirred=speaker.was_stirred),
        prosody_flags=_flags(distance),
        alternatives=((other, round(MOST_CONFIDENT * trust * max(0.0, 1.0 - certainty), 3)),),
        evidence=_evidence(speaker, distance),
    )


def _labels(score: float, distance: Distance) -> tuple[str, str]:
    """Return the label and the next best."""
    is_flat = distance.range_ratio <= FLATTER_RATIO
    if score >= STRONG_SHIFT:
        return TENSE, ENERGETIC
    if score >= SHIFT:
        return ENERGETIC, TENSE if distance.tilt_z >= 1.0 else USUAL
    if score <= -SHIFT or (is_flat and distance.level_db <= QUIETER_DB and score < 0):
        is_quiet = is_flat or distance.level_db < 0
        return (FLAT, LOW) if is_quiet and distance.range_ratio < CALM_RATIO else (LOW, FLAT)
    steady, unsteady = (CALM, USUAL) if score <= 0 and distance.range_ratio < CALM_RATIO else (USUAL, CALM)
    if abs(score) < SHIFT / 2:
        return steady, unsteady
    return steady, ENERGETIC if score > 0 else LOW


def _direction(score: float, *, was_stirred: bool) -> str:
    if score >= SHIFT:
        return "escalating"
    return "de-escalating" if score <= -SHIFT or was_stirred else "stable"


def _flags(distance: Distance) -> tuple[str, ...]:
    either = (
        ("louder", "quieter", distance.level_z),
        ("higher", "lower", distance.pitch_z),
        ("faster", "slower", distance.rate_z),
    )
    flags = [more if scatters > 0 else less for more, less, scatters in either if abs(scatters) >= FLAG_SCATTERS]
    return (*flags, "flatter") if distance.range_ratio <= FLATTER_RATIO else tuple(flags)


def _trust(speaker: _Speaker, snr_db: float | None) -> float:
    """Return 0..1: how much of the greatest confidence the sound deserves."""
    voiced = min(1.0, speaker.recent.voiced_s / _FULL_VOICED_S)
    age = 1.0 if speaker.usual.is_firm else _PROVISIONAL_SHARE
    if snr_db is None:
        return voiced * age * _UNKNOWN_SNR_SHARE
    clear = (snr_db - _LEAST_SNR_DB) / (_FULL_SNR_DB - _LEAST_SNR_DB)
    return voiced * age * max(0.0, min(1.0, clear))


def _evidence(speaker: _Speaker, distance: Distance) -> dict[str, str | float]:
    return {
        "summary": _summary(distance),
        "pitch_semitones": round(distance.pitch_st, 1),
        "pitch_range_ratio": round(distance.range_ratio, 2),
        "brightness_db": round(distance.tilt_db, 1),
        "loudness_db": round(distance.level_db, 1),
        "syllables_per_s": round(distance.syllables_per_s, 1),
        "voiced_s": round(speaker.recent.voiced_s, 1),
        "baseline": "firm" if speaker.usual.is_firm else "provisional",
        "baseline_s": round(speaker.usual.speech_s, 1),
    }


def _summary(distance: Distance) -> str:
    """Return what stands out, in words: "pitch 3.1 semitones higher, voice 2.4 dB brighter than their usual"."""
    parts = (
        (distance.pitch_st, 1.0, "pitch {:.1f} semitones", "higher", "lower"),
        (distance.tilt_db, 2.0, "voice {:.1f} dB", "brighter", "darker"),
        (distance.level_db, 3.0, "{:.0f} dB", "louder", "quieter"),
        (distance.syllables_per_s, 0.8, "{:.1f} syllables a second", "faster", "slower"),
    )
    said = [
        f"{text.format(abs(value))} {more if value > 0 else less}"
        for value, least, text, more, less in parts
        if abs(value) >= least
    ]
    if distance.range_ratio <= FLATTER_RATIO:
        said.append("melody much flatter")
    return f"{', '.join(said)} than their usual" if said else "close to their usual"


def _not_enough(speaker: _Speaker, speaker_id: str, start_sample: int, samples: int) -> Observation:
    start_ms, end_ms = _span_ms(start_sample, samples)
    return Observation(
        kind="tone",
        label=NOT_ENOUGH,
        start_ms=start_ms,
        end_ms=end_ms,
        confidence=NOT_ENOUGH_CONFIDENCE,
        speaker_id=speaker_id,
        shift_direction="stable",
        evidence={
            "summary": "getting to know this voice",
            "baseline": "none",
            "baseline_s": round(speaker.usual.speech_s, 1),
        },
    )


def _span_ms(start_sample: int, samples: int) -> tuple[int, int]:
    end_sample = start_sample + samples
    judged_samples = samples_from_ms(round(JUDGED_S * 1000))
    return ms_from_samples(max(start_sample, end_sample - judged_samples)), ms_from_samples(end_sample)
