"""Whether two stretches of speech are from one person: the two-covariance model of N. Brümmer and E. de Villiers ("The
speaker partitioning problem", Odyssey 2010), which knows that a short stretch tells less than a long one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sessions_app.engine.embedding import Floats, VoiceSample, voice_sample

if TYPE_CHECKING:
    from sessions_app.audio.pcm import Float32

# One stretch of 2 s scatters around its speaker by 1 in this space by construction; live utterances are cut less
# evenly. Strangers lie 2 apart. Both are chosen on simulated calls of seven speakers, those of a call left out of the
# fit: 98 % of the time right with one speaker, 92 % with two, 75 to 80 % with three.
WITHIN_2S = 1.3
BETWEEN = 4.0

# Within-class covariance normalisation (A. Hatch, S. Kajarekar, A. Stolcke, Interspeech 2006): upper triangle and
# centre, fitted on 257 stretches of 2 s by six speakers (benchmarks/engine/fit_voice_space.py).
# fmt: off
_CENTRE = (
    49.7, -1.52, 18.84, -3.85, -0.09, 1.39, -2.67, 0.62, 0.26, -0.49, 1.04, 0.01, 0.74, -0.54, 18.83,
)
_WHITENING = (
    0.16, -0.05, 0.05, -0.06, 0.11, -0.05, 0.13, -0.12, 0.03, 0.08, 0.17, 0.13, -0.08, -0.17, -0.1,
    0.22, 0.01, -0.08, -0.01, 0.05, 0.06, 0.36, -0.06, 0.12, 0.01, -0.05, 0.12, -0.32, -0.11, 0.25,
    -0.08, 0.23, -0.15, 0.26, -0.11, 0.32, -0.09, 0.1, -0.04, -0.07, -0.03, 0.15, 0.4, -0.1, 0.24,
    -0.24, 0.06, 0.05, 0.08, 0.04, 0.1, -0.26, 0.04, 0.01, 0.41, -0.23, 0.11, -0.18, -0.03, -0.23, 0.19,
    -0.22, 0.15, -0.07, 0.03, 0.57, -0.06, 0.1, 0.03, -0.04, -0.28, 0.04, 0.03, 0.1, -0.05, 0.62, -0.01,
    -0.06, -0.14, 0.01, 0.02, 0.1, -0.08, 0.03, 0.63, -0.14, 0.21, -0.07, -0.08, -0.06, 0.1, -0.02,
    0.69, -0.06, -0.17, -0.04, 0.33, -0.05, 0.09, 0.8, 0.06, -0.17, 0.02, -0.17, -0.02, 0.91, 0.04,
    -0.18, -0.44, 0.02, 0.79, -0.15, -0.11, 0.03, 0.74, -0.28, 0.01, 0.88, 0.1, 0.4,
)
# fmt: on


def place(samples: Float32) -> VoiceSample | None:
    """Return where the voice in `samples` lies in the space, None for too little speech."""
    plain = voice_sample(samples)
    return None if plain is None else VoiceSample(_WHITEN @ (plain.vector - _MEAN), plain.speech_s)


def likeness(known: VoiceSample, new: VoiceSample) -> float:
    """Return the log odds that `new` is from the voice of `known` rather than from a stranger."""
    noise = WITHIN_2S * 2.0 / new.speech_s
    certainty = known.speech_s / (2.0 * WITHIN_2S)
    doubt = 1.0 / (1.0 / BETWEEN + certainty)  # what is left unknown of the voice itself
    expected = doubt * certainty * known.vector
    return _log_density(new.vector - expected, doubt + noise) - _log_density(new.vector, BETWEEN + noise)


def merged(known: VoiceSample, new: VoiceSample, *, most_s: float) -> VoiceSample:
    """Return both as one sample, weighted by their speech; `most_s` keeps an old one able to follow its voice."""
    total_s = known.speech_s + new.speech_s
    share = new.speech_s / total_s
    return VoiceSample((1.0 - share) * known.vector + share * new.vector, min(total_s, most_s))


def _log_density(offset: Floats, variance: float) -> float:
    return -0.5 * (offset.size * float(np.log(variance)) + float(offset @ offset) / variance)


def _upper_triangle() -> Floats:
    matrix = np.zeros((len(_CENTRE), len(_CENTRE)))
    matrix[np.triu_indices(len(_CENTRE))] = _WHITENING
    return matrix


_MEAN = np.array(_CENTRE)
_WHITEN = _upper_triangle()
