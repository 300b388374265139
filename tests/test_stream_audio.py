"""The command-line microphone: it loses nothing, waits for the listener, and says plainly what is wrong."""

from __future__ import annotations

import asyncio
import io
import json
import re
import signal
import time
import wave
from contextlib import asynccontextmanager

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from sessions_app.management import streaming
from sessions_app.management.captions import Captions, ProgressBar
from sessions_app.management.commands.stream_audio import frames_of
from sessions_app.management.site import Failure, Site
from sessions_app.management.streaming import LEAD_SAMPLES, RING_SAMPLES, Microphone, Ring
from tests import speech
from tests.processes import Installation

SECOND = 16_000
SESSION_ID = "00000000-0000-0000-0000-000000000001"


def counted(first: int, samples: int) -> bytes:
    """Sound in which every sample says its own number (modulo 2 ** 15)."""
    return b"".join((number % 32_768).to_bytes(2, "little") for number in range(first, first + samples))


class TestRing:
    def test_it_gives_back_what_was_sent(self):
        ring = Ring(start_sample=1_000)
        ring.append(counted(1_000, 5_000))

        assert ring.frame_at(3_000) == counted(3_000, 1_600)
        assert ring.frame_at(5_900) == counted(5_900, 100)
        assert ring.frame_at(6_000) == b""

    def test_it_forgets_what_is_settled_and_no_more(self):
        ring = Ring(0)
        ring.append(bytes(20_000))

        ring.forget_before(4_000)
        ring.forget_before(3_000)

        assert (ring.start_sample, ring.end_sample) == (4_000, 10_000)

    def test_it_keeps_thirty_seconds(self):
        ring = Ring(0)
        for _ in range(40):
            ring.append(bytes(2 * SECOND))

        assert ring.end_sample == 40 * SECOND
        assert ring.start_sample == ring.end_sample - RING_SAMPLES


class Listener:
    """The server's end of the audio socket, as docs/protocol.md has it, with a temper that each test chooses."""

    def __init__(self):
        self.heard: dict[int, int] = {}  # sample number → its value
        self.next_sample = 0
        self.settled_sample = 0
        self.gap_samples = 0
        self.connections = []
        self.most_ahead_samples = 0
        self.is_deaf = asyncio.Event()
        self.drop_once_at = None
        self.forgotten_until = 0
        self.refusal = None

    async def serve(self, request):
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        configure = await socket.receive_json()
        self.connections.append(configure)
        if self.refusal:
            code, message = self.refusal
            await socket.send_json({"type": "error", "message": message, "retry_after_s": 0, "fatal": True})
            await socket.close(code=code)
            return socket
        self.position = self.next_sample = self.settled_sample
        await socket.send_json({"type": "ready", "next_sample": self.position, "window_ms": 1000})
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                self._take(message.data)
                if self.drop_once_at is not None and self.position >= self.drop_once_at:
                    self.drop_once_at = None
                    self.settled_sample += self.forgotten_until
                    request.transport.abort()
                    break
                await self._acknowledge(socket)
            elif (fields := json.loads(message.data))["type"] == "gap":
                self.gap_samples += fields["samples"]
                self.position += fields["samples"]
                self.next_sample = self.position
            elif fields["type"] == "close":
                self.next_sample = self.settled_sample = self.position
                await socket.send_json({"type": "summary", "reason": "closed"})
                await socket.send_json({"type": "bye", "code": 1000, "reason": ""})
                await socket.close(code=1000)
        return socket

    def _take(self, pcm16):
        for at in range(0, len(pcm16), 2):
            self.heard[self.position + at // 2] = int.from_bytes(pcm16[at : at + 2], "little")
        self.position += len(pcm16) // 2
        self.most_ahead_samples = max(self.most_ahead_samples, self.position - self.next_sample)

    async def _acknowledge(self, socket):
        if self.is_deaf.is_set() or self.position - self.next_sample < SECOND:
            return
        self.next_sample += (self.position - self.next_sample) // SECOND * SECOND
        self.settled_sample = max(self.settled_sample, self.next_sample - 5 * SECOND)
        await socket.send_json({"type": "ack", "heard_sample": self.next_sample, "through_sample": self.settled_sample})

    def heard_everything(self, samples):
        return self.heard == {number: number % 32_768 for number in range(samples)}


@pytest.fixture
def listener():
    return Listener()


@pytest.fixture(autouse=True)
def no_long_pauses(monkeypatch):
    monkeypatch.setattr(streaming, "RETRY_FIRST_S", 0.01)


@asynccontextmanager
async def microphone_at(listener, sound, **options):
    application = web.Application()
    application.router.add_get("/ws/sessions/{id}/audio/", listener.serve)
    said = []
    async with TestServer(application) as server, Site(str(server.make_url(""))) as site:
        options = {"is_fast": True} | options
        microphone = Microphone(site, SESSION_ID, frames_of([sound]), tell=said.append, **options)
        microphone.said = said
        yield microphone


class TestMicrophone:
    async def test_every_sample_arrives_once_and_in_place(self, listener):
        async with microphone_at(listener, counted(0, 3 * SECOND + 17)) as microphone:
            await microphone.run()

        assert listener.heard_everything(3 * SECOND + 17)
        assert listener.connections == [{"type": "configure", "take_over": False}]

    async def test_a_file_never_runs_more_than_ten_seconds_ahead(self, listener):
        listener.is_deaf.set()

        async with microphone_at(listener, bytes(2 * 15 * SECOND)) as microphone:
            running = asyncio.create_task(microphone.run())
            await asyncio.sleep(0.5)
            held_back = microphone.streamed_samples
            running.cancel()

        assert LEAD_SAMPLES - SECOND < held_back <= LEAD_SAMPLES + streaming.FRAME_SAMPLES
        assert listener.most_ahead_samples <= LEAD_SAMPLES

    async def test_real_time_is_kept(self, listener):
        async with microphone_at(listener, bytes(2 * SECOND), is_fast=False) as microphone:
            began_s = time.monotonic()
            await microphone.run()

        assert 0.8 < time.monotonic() - began_s < 5

    async def test_a_lost_connection_is_made_anew_and_nothing_is_lost(self, listener):
        listener.drop_once_at = 8 * SECOND

        async with microphone_at(listener, counted(0, 12 * SECOND)) as microphone:
            await microphone.run()

        assert listener.heard_everything(12 * SECOND)
        assert listener.gap_samples == 0
        assert listener.connections[1]["take_over"] is True
        assert "connecting again" in microphone.said[0]

    async def test_what_the_ring_no_longer_has_is_said_to_be_missing(self, listener, monkeypatch):
        monkeypatch.setattr(streaming, "RING_SAMPLES", 2 * SECOND)
        listener.drop_once_at = 4 * SECOND

        async with microphone_at(listener, counted(0, 6 * SECOND)) as microphone:
            await microphone.run()

        assert listener.gap_samples >= 2 * SECOND
        assert set(range(listener.gap_samples, 6 * SECOND)) <= set(listener.heard)

    @pytest.mark.parametrize("code", [4400, 4401, 4403, 4404, 4409, 4410])
    async def test_a_final_refusal_is_not_argued_with(self, listener, code):
        listener.refusal = (code, "Another microphone is already listening here.")

        async with microphone_at(listener, bytes(SECOND)) as microphone:
            with pytest.raises(Failure, match="Another microphone"):
                await microphone.run()

        assert len(listener.connections) == 1

    @pytest.mark.parametrize("code", [1012, 4408, 4429, 4500, 4503])
    async def test_a_passing_trouble_is_waited_out(self, listener, code):
        listener.refusal = (code, "Please try again in a moment.")

        async with microphone_at(listener, bytes(SECOND)) as microphone:
            running = asyncio.create_task(microphone.run())
            while len(listener.connections) < 2:
                await asyncio.sleep(0.01)
            listener.refusal = None
            await asyncio.wait_for(running, 10)

        assert listener.heard

    async def test_patience_ends(self, listener, monkeypatch):
        monkeypatch.setattr(streaming, "GIVE_UP_AFTER_S", 0.1)
        listener.refusal = (4503, "The server is going away.")

        async with microphone_at(listener, bytes(SECOND)) as microphone:
            with pytest.raises(Failure, match="going away"):
                await asyncio.wait_for(microphone.run(), 10)

    async def test_stopped_it_sends_no_more_and_ends_properly(self, listener):
        async with microphone_at(listener, counted(0, 60 * SECOND), is_fast=False) as microphone:
            running = asyncio.create_task(microphone.run())
            await asyncio.sleep(0.4)
            microphone.stop()
            await asyncio.wait_for(running, 5)

        assert listener.heard_everything(microphone.streamed_samples)


def transcript(text, start_ms=3_000, end_ms=5_000, **fields):
    return {"event_type": "transcript", "text": text, "start_ms": start_ms, "end_ms": end_ms} | fields


def tone(label, band, start_ms=3_000, end_ms=5_000):
    return {"event_type": "tone", "label": label, "band": band, "start_ms": start_ms, "end_ms": end_ms}


class TestCaptions:
    def written(self, *events, **options):
        lines = []
        captions = Captions(lines.append, **options)
        for event in events:
            captions.tell(event)
        captions.flush()
        return lines

    @pytest.mark.parametrize("is_tone_first", [True, False])
    def test_words_stand_with_their_tone_whichever_came_first(self, is_tone_first):
        events = [transcript("Good morning.", speaker_id="Speaker A"), tone("Calm and steady", "maybe")]

        lines = self.written(*(reversed(events) if is_tone_first else events))

        assert lines == ["0:03 Speaker A: Good morning.  (sounds calm and steady, maybe)"]

    def test_the_tone_that_covers_most_of_the_words_counts(self):
        tones = [tone("Warm", "clear", 0, 3_500), tone("Flat", "clear", 3_500, 5_000)]

        assert self.written(*tones, transcript("Yes."))[0] == "0:03 Yes.  (sounds flat, clear)"

    def test_an_unclear_tone_is_said_to_be_unclear(self):
        assert self.written(transcript("Yes."), tone("Unclear", "unclear")) == ["0:03 Yes.  (tone unclear)"]

    def test_elcor_says_the_tone_first(self):
        lines = self.written(transcript("Yes."), tone("Apologetic", "maybe"), elcor=True)

        assert lines == ["0:03 [Maybe apologetic] Yes."]

    def test_gaps_and_what_the_line_does_are_told(self):
        gap = {"event_type": "gap", "text": "4.1 s not captioned: …", "start_ms": 61_000, "end_ms": 65_100}
        queue = {"event_type": "queue", "label": "hold_music", "start_ms": 66_000, "end_ms": 67_000}

        assert self.written(gap, queue) == ["1:01 [4.1 s not captioned: …]", "1:06 [hold music]"]

    def test_what_is_simulated_says_so(self):
        assert self.written(transcript("Yes.", simulated=True)) == ["0:03 SIMULATED Yes."]

    def test_words_wait_for_their_tone_but_not_long(self):
        now_s, lines = [100.0], []
        captions = Captions(lines.append, clock_s=lambda: now_s[0])
        captions.tell(transcript("Yes."))

        captions.tick()
        waited = list(lines)
        now_s[0] += 2
        captions.tick()

        assert (waited, lines) == ([], ["0:03 Yes."])


def test_the_progress_bar_is_only_for_terminals():
    terminal, file = io.StringIO(), io.StringIO()
    terminal.isatty = lambda: True

    for stream in (terminal, file):
        ProgressBar(stream, total_s=60).draw(30)

    assert "0:30 of 1:00" in terminal.getvalue()
    assert file.getvalue() == ""


def test_between_two_files_there_is_a_second_of_silence():
    sound = b"\1\0" * 2_000

    frames = list(frames_of([sound, sound]))

    assert b"".join(frames) == sound + bytes(2 * SECOND) + sound
    assert max(map(len, frames)) == 3_200


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
    assert speech.word_error_rate(" ".join(speech.TEXTS[name] for name in names), heard) < 0.1
