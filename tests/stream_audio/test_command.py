"""`manage.py stream_audio` at a real server: captions, a clean end, and plain words when something is wrong."""

from __future__ import annotations

import re
import signal
import time
import wave

import pytest

from benchmarks.engine.transcripts import word_error_rate
from tests import speech
from tests.processes import Installation
from tests.stream_audio.listener import SESSION_ID


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """A quickstart whose engine follows a script: a line every three seconds."""
    installation = Installation(tmp_path_factory.mktemp("installation"), LINNET_DEMO_PASSWORD="secret words")
    with installation.quickstart() as quickstart:
        quickstart.installation = installation
        yield quickstart


@pytest.fixture(scope="module")
def nine_seconds(tmp_path_factory):
    path = tmp_path_factory.mktemp("sounds") / "nine_seconds.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 9 * 8_000))
    return path


@pytest.mark.server
class TestCommand:
    def test_a_file_becomes_captions(self, running, nine_seconds):
        run = running.installation.manage("stream_audio", nine_seconds, "--fast")

        assert run.returncode == 0, run.stderr
        assert "0:00 SIMULATED Speaker A: Thank you for holding, how can I help you today?" in run.stdout
        assert len(re.findall("SIMULATED", run.stdout)) == 3
        assert "0:09 of sound" in run.stdout
        assert "nothing was left out" in run.stdout
        assert run.stderr == ""

    def test_the_session_is_ended_and_the_login_given_back(self, running, nine_seconds):
        run = running.installation.manage("stream_audio", nine_seconds, "--fast")

        session_id = re.search(r"/sessions/([0-9a-f-]+)/", run.stdout)[1]
        states = running.installation.ask(
            "from django.contrib.sessions.models import Session\n"
            "from sessions_app.models import VoiceSession\n"
            f"print(VoiceSession.objects.get(pk='{session_id}').state, Session.objects.count())"
        )
        assert states == "stopped 0"

    def test_logging_in_over_the_network_works_too(self, running, nine_seconds):
        login = ("--url", running.url, "--user", "demo", "--password", "secret words")

        run = running.installation.manage("stream_audio", nine_seconds, "--fast", "--elcor", *login)

        assert run.returncode == 0, run.stderr
        assert "[Calm and steady] Thank you for holding" in run.stdout

    def test_a_session_that_was_given_goes_on_and_is_left_running(self, running, nine_seconds):
        session_id = running.installation.ask(
            "from django.contrib.auth import get_user_model as users\n"
            "from sessions_app import lifecycle\n"
            "print(lifecycle.create(users().objects.get(username='demo')).pk)"
        )
        for _ in range(2):
            run = running.installation.manage("stream_audio", nine_seconds, "--fast", "--session", session_id)

        assert run.returncode == 0, run.stderr
        assert "0:09 SIMULATED" in run.stdout
        assert "0:00 SIMULATED" not in run.stdout
        state = f"from sessions_app.models import VoiceSession as V; print(V.objects.get(pk='{session_id}').state)"
        assert running.installation.ask(state) == "running"

    def test_ctrl_c_stops_politely(self, running, nine_seconds):
        process = running.installation.start("stream_audio", *[nine_seconds] * 10)
        while "Watch it live" not in process.stdout.readline():
            pass
        time.sleep(2)

        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)

        assert process.returncode == 128 + signal.SIGINT
        assert "Read it again" in stdout
        assert "Traceback" not in stderr

    @pytest.mark.parametrize(
        ("arguments", "complaint"),
        [
            (["--user", "demo", "--password", "wrong"], "wrong name or password"),
            (["--user", "demo"], "--password"),
            (["--session", SESSION_ID], "You have no session"),
            (["--url", "http://127.0.0.1:9"], "make run"),
        ],
    )
    def test_what_is_wrong_is_said_in_words(self, running, nine_seconds, arguments, complaint):
        run = running.installation.manage("stream_audio", nine_seconds, *arguments)

        assert run.returncode == 1
        assert complaint in run.stderr
        assert "Traceback" not in run.stderr

    def test_a_file_that_is_not_there_is_named(self, running):
        run = running.installation.manage("stream_audio", "nowhere.wav")

        assert run.returncode == 1
        assert "nowhere.wav: No such file" in run.stderr

    def test_without_a_server_it_says_how_to_start_one(self, tmp_path, nine_seconds):
        run = Installation(tmp_path).manage("stream_audio", nine_seconds)

        assert run.returncode == 1
        assert "make run" in run.stderr


@pytest.mark.server
def test_a_server_that_is_killed_and_started_again_has_heard_everything(tmp_path, nine_seconds):
    installation = Installation(tmp_path)
    with installation.quickstart() as quickstart:
        process = installation.start("stream_audio", nine_seconds)
        while "Watch it live" not in process.stdout.readline():
            pass
        time.sleep(4.5)
    with installation.quickstart(quickstart.port):
        stdout, stderr = process.communicate(timeout=60)

    assert process.returncode == 0, stderr
    assert "connecting again" in stderr
    assert "not captioned" not in stdout
    assert [line[:4] for line in stdout.splitlines() if "SIMULATED" in line] == ["0:00", "0:03", "0:06"]


@pytest.mark.server
@pytest.mark.speech
def test_real_speech_comes_back_as_words(tmp_path):
    names = ["agent-pass", "ss-noservice", "vm-nobox"]
    for name in names:
        speech.prompt(name)
    speech.loaded_engine()
    files = [speech.PROMPTS / f"{name}.g722" for name in names]
    installation = Installation(tmp_path, LINNET_VOICE="embedded", OMP_NUM_THREADS="1")

    with installation.quickstart():
        run = installation.manage("stream_audio", "--fast", *files)

    captions = re.findall(r"^\d+:\d\d (?!of sound|\[)(.*?)(?:  \(.*)?$", run.stdout, re.MULTILINE)
    heard = re.sub(r"Speaker \w:", "", " ".join(captions))
    assert word_error_rate(" ".join(speech.TEXTS[name] for name in names), heard) < 0.1
