import numpy as np
import pytest

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, to_float32
from sessions_app.engine.call_signals import CallSignals
from tests import signals, speech
from tests.signals import (
    CEPT_HZ,
    UK_RINGBACK_HZ,
    US_BUSY_HZ,
    US_DIAL_HZ,
    US_RINGBACK_HZ,
    cadence,
    dtmf,
    silence,
    tone,
    white_noise,
    with_noise,
)

KEYS = "1234567890*#ABCD"

LINES = {
    "ringback": [
        cadence(*US_RINGBACK_HZ, on_off_s=(2, 4), duration_s=14),
        cadence(*UK_RINGBACK_HZ, on_off_s=(0.4, 0.2, 0.4, 2), duration_s=12),
        cadence(*CEPT_HZ, on_off_s=(1, 4), duration_s=14),
    ],
    "busy": [
        cadence(*US_BUSY_HZ, on_off_s=(0.5, 0.5), duration_s=8),
        cadence(400, on_off_s=(0.375, 0.375), duration_s=8),
        cadence(*CEPT_HZ, on_off_s=(0.5, 0.5), duration_s=8),
    ],
    "reorder": [
        cadence(*US_BUSY_HZ, on_off_s=(0.25, 0.25), duration_s=8),
        cadence(400, on_off_s=(0.4, 0.35, 0.225, 0.525), duration_s=8),
        cadence(*CEPT_HZ, on_off_s=(0.25, 0.25), duration_s=8),
    ],
    "dial": [
        tone(*US_DIAL_HZ, duration_s=5),
        tone(350, 450, duration_s=5),
        tone(*CEPT_HZ, duration_s=5),
    ],
}


def reports(sound, *, window_s=1.0):
    """Return each report with the second at which it was given."""
    line, step = CallSignals(), round(window_s * SAMPLE_RATE_HZ)
    return [((at + step) / SAMPLE_RATE_HZ, line.hear(sound[at : at + step], at)) for at in range(0, sound.size, step)]


def pressed(sound, *, window_s=1.0):
    return "".join(digit.symbol for _, report in reports(sound, window_s=window_s) for digit in report.digits)


def states(sound, *, window_s=0.5):
    """Return (second, tone or None) of each change."""
    changes = [(0.0, None)]
    for at_s, report in reports(sound, window_s=window_s):
        heard = report.line.tone if report.line else None
        if heard != changes[-1][1]:
            changes.append((at_s, heard))
    return changes[1:]


def quietly(sound):
    return np.concatenate([silence(1), sound, silence(1)]) + white_noise(2 + sound.size / SAMPLE_RATE_HZ, -60)


def test_every_key_is_heard():
    assert pressed(dtmf(KEYS)) == KEYS


@pytest.mark.parametrize("window_s", [0.05, 0.13, 0.9, 5.0])
def test_digits_do_not_depend_on_the_window(window_s):
    assert pressed(dtmf(KEYS), window_s=window_s) == KEYS


@pytest.mark.parametrize("detune", [-0.015, 0.015])
@pytest.mark.parametrize("twist_db", [-8, 4])
def test_digits_at_the_limits_of_the_standard_are_heard_in_noise(detune, twist_db):
    sound = dtmf(KEYS, on_s=0.04, off_s=0.04, detune=detune, twist_db=twist_db)

    assert pressed(with_noise(sound, 15)) == KEYS


@pytest.mark.parametrize("wrong", [{"detune": 0.035}, {"detune": -0.035}, {"on_s": 0.023}, {"twist_db": 12}])
def test_what_the_standard_rejects_is_no_digit(wrong):
    assert pressed(dtmf(KEYS, **wrong)) == ""


def test_a_break_of_ten_milliseconds_does_not_make_two_digits():
    sound = dtmf("5", on_s=0.1)
    sound[2000:2160] = 0

    assert pressed(sound) == "5"


def test_a_digit_knows_when_it_was_pressed():
    (digit,) = (digit for _, report in reports(dtmf("7", on_s=0.1, off_s=0.5)) for digit in report.digits)

    assert digit.start_sample == pytest.approx(0.5 * SAMPLE_RATE_HZ, abs=200)
    assert digit.end_sample == pytest.approx(0.6 * SAMPLE_RATE_HZ, abs=200)


def test_a_key_held_down_is_told_once():
    assert pressed(dtmf("9", on_s=3.0, off_s=0.5)) == "9"


@pytest.mark.parametrize(("name", "sound"), [(name, sound) for name, sounds in LINES.items() for sound in sounds])
def test_a_line_is_recognised_within_six_seconds_and_nothing_else_is(name, sound):
    changes = states(quietly(sound))

    assert [heard for _, heard in changes if heard] == [name]
    assert changes[0][0] <= 1 + 6


def test_special_information_tones_are_told_from_dialling():
    sound = np.concatenate([signals.special_information(), silence(2)])

    assert [heard for _, heard in states(quietly(sound))] == ["special_information", None]


def test_the_second_ring_makes_it_sure():
    line = [report.line for _, report in reports(quietly(LINES["ringback"][0])) if report.line]

    assert line[0].confidence < line[-1].confidence
    assert line[-1].since_s == pytest.approx(1.0, abs=0.1)


def test_ringing_lasts_through_its_pauses_and_ends_when_no_ring_follows():
    ringing = cadence(*US_RINGBACK_HZ, on_off_s=(2, 4), duration_s=8)  # the last burst ends at 8 s

    changes = states(np.concatenate([ringing, silence(8)]))

    assert [heard for _, heard in changes] == ["ringback", None]
    assert changes[-1][0] <= 8 + 4 + 1


@pytest.mark.parametrize("name", ["busy", "reorder", "dial"])
def test_a_line_is_left_soon_after_its_end(name):
    sound = LINES[name][0]

    changes = states(np.concatenate([sound, silence(5)]))

    assert changes[-1][1] is None
    assert changes[-1][0] <= sound.size / SAMPLE_RATE_HZ + 1.5


def test_a_voice_ends_the_ringing_at_once():
    ringing = cadence(*US_RINGBACK_HZ, on_off_s=(2, 4), duration_s=9)

    changes = states(np.concatenate([ringing, signals.voice(3, 150, dbfs=-23)]))

    assert changes[-1] == (pytest.approx(10.0, abs=0.5), None)


def test_a_voice_the_caller_heard_ends_the_ringing_however_soft():
    line, ringing = CallSignals(), cadence(*US_RINGBACK_HZ, on_off_s=(2, 4), duration_s=4)
    assert line.hear(ringing, 0).line

    assert line.hear(silence(1), ringing.size, is_speech=True).line is None


def test_a_hole_in_the_stream_forgets_the_rhythm():
    line, ringing = CallSignals(), cadence(*US_RINGBACK_HZ, on_off_s=(2, 4), duration_s=4)
    line.hear(ringing, 0)

    assert line.hear(silence(1), 100 * SAMPLE_RATE_HZ).line is None


def test_speech_and_hold_music_are_no_signals():
    music = np.concatenate([to_float32(piece) for piece in speech.hold_music(20)])
    talk = np.concatenate([to_float32(speech.prompt(name)) for name in speech.TEXTS])

    for sound in (music, talk):
        assert (pressed(sound), states(sound)) == ("", [])
