"""The cf-voice client against a server that misbehaves, and against our own."""

from __future__ import annotations

import asyncio
import time
import zlib

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from sessions_app.voice import cf_voice
from sessions_app.voice.cf_voice import CfVoiceBackend
from sessions_app.voice.contract import PcmWindow, StreamConfig
from sessions_app.voice.errors import BackendRefused, BackendUnavailable, BadReply
from sessions_app.voice.scripted import ScriptedBackend
from sessions_app.voice.server import VoiceServer

SECOND = bytes(32_000)
BOMB = zlib.compress(b" " * 2_000_000)


class Classifier:
    """A real HTTP server that answers `/classify` as the test says."""

    def __init__(self, answer):
        self.answer = answer
        self.application = web.Application()
        self.application.router.add_route("*", "/{path:.*}", self.handle)

    async def handle(self, request):
        if request.path == "/health":
            return web.json_response({})
        return await self.answer(request)

    async def __aenter__(self):
        self.server = TestServer(self.application)
        await self.server.start_server()
        self.backend = CfVoiceBackend(str(self.server.make_url("/")).rstrip("/"))
        self.stream = await self.backend.open(StreamConfig(session_id="s"))
        return self

    async def __aexit__(self, *exception):
        await self.backend.aclose()
        await self.server.close()


@pytest.fixture(autouse=True)
def short_deadline(monkeypatch):
    monkeypatch.setattr(cf_voice, "CLASSIFY_TIMEOUT_S", 0.5)


async def hang(request):
    await asyncio.sleep(30)


async def drip(request):
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" ")
        await asyncio.sleep(0.05)


async def flood(request):
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b" " * 65_536)


async def html(request):
    return web.Response(text="<html>all is well</html>", content_type="text/html")


async def broken(request):
    return web.Response(status=500, text="<h1>500</h1>")


async def refusing(request):
    return web.Response(status=422, text="{}")


async def bomb(request):
    return web.Response(body=BOMB, headers={"Content-Encoding": "deflate"})


async def leading_astray(request):
    raise web.HTTPFound("http://127.0.0.1:1/secret")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (hang, BackendUnavailable),
        (drip, BackendUnavailable),
        (flood, BadReply),
        (bomb, BadReply),
        (html, BadReply),
        (broken, BackendUnavailable),
        (refusing, BackendRefused),
        (leading_astray, BadReply),
    ],
)
async def test_every_misbehaviour_is_one_of_our_errors_within_the_deadline(answer, error):
    async with Classifier(answer) as classifier:
        began_s = time.monotonic()

        with pytest.raises(error):
            await classifier.stream.classify(PcmWindow(0, SECOND))

        assert time.monotonic() - began_s < 2


async def test_nobody_there_is_unavailable():
    backend = CfVoiceBackend("http://127.0.0.1:1")

    assert (await backend.status()).status == "unavailable"
    stream = await backend.open(StreamConfig(session_id="s"))
    with pytest.raises(BackendUnavailable):
        await stream.classify(PcmWindow(0, SECOND))
    await backend.aclose()


async def test_hundreds_of_cancelled_requests_do_not_wedge_the_client():
    async def slow_then_fine(request):
        await asyncio.sleep(0.01)
        return web.json_response({"events": []})

    async with Classifier(slow_then_fine) as classifier:
        for _ in range(500):
            task = asyncio.create_task(classifier.stream.classify(PcmWindow(0, b"\0\0")))
            await asyncio.sleep(0.001)
            task.cancel()

        hearing = await classifier.stream.classify(PcmWindow(0, SECOND))

    assert hearing.settled_sample == 16_000


async def test_a_plain_cf_voice_settles_every_window():
    async def words(request):
        return web.json_response({"events": [{"event_type": "transcript", "label": "hello"}]})

    async with Classifier(words) as classifier:
        hearing = await classifier.stream.classify(PcmWindow(16_000, SECOND))
        flushed = await classifier.stream.flush()

    assert (hearing.observations[0].label, hearing.settled_sample) == ("hello", 32_000)
    assert flushed.observations == ()


class OurOwn(Classifier):
    """`voice_server`, with the script behind it."""

    def __init__(self, **options):
        self.application = VoiceServer(ScriptedBackend(), **options).application()


async def test_our_server_says_what_the_back_end_behind_it_says():
    direct = await ScriptedBackend().open(StreamConfig(session_id="s"))
    async with OurOwn() as server:
        for second in range(4):
            window = PcmWindow(second * 16_000, SECOND)
            assert await server.stream.classify(window) == await direct.classify(window)
        assert (await server.stream.flush()).observations == (await direct.flush()).observations


async def test_a_window_asked_for_twice_is_heard_once():
    async with OurOwn() as server:
        once = await server.stream.classify(PcmWindow(0, SECOND))

        assert await server.stream.classify(PcmWindow(0, SECOND)) == once


async def test_closing_a_stream_frees_its_state():
    async with OurOwn() as server:
        await server.stream.classify(PcmWindow(0, SECOND))
        await server.stream.aclose()

        async with server.backend._client.stream("GET", "/health") as answer:
            assert b'"sessions":0' in await answer.aread()


async def test_connections_are_kept_between_windows():
    ports = set()

    async def note_port(request):
        ports.add(request.transport.get_extra_info("peername")[1])
        return web.json_response({"events": []})

    async with Classifier(note_port) as classifier:
        for second in range(5):
            await classifier.stream.classify(PcmWindow(second * 16_000, SECOND))

    assert len(ports) == 1


async def test_a_token_is_asked_for():
    async with OurOwn(token="secret") as server:
        with pytest.raises(BackendRefused):
            await server.stream.classify(PcmWindow(0, SECOND))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"session_id": "s"}', b'{"session_id": "s", "audio_chunk": "%%%"}',
     b'{"session_id": "s", "audio_chunk": "AA=="}', b'{"session_id": "s", "audio_chunk": "AAA=", "timestamp": -1}',
     b'{"session_id": 5, "audio_chunk": "AAA="}', b'{"session_id": "s", "audio_chunk": "AAA=", "num_speakers": 99}'],
)  # fmt: skip
async def test_our_server_explains_a_bad_request(body):
    async with OurOwn() as server, server.backend._client.stream("POST", "/classify", content=body) as answer:
        assert answer.status_code == 400
        assert b"detail" in await answer.aread()


async def test_our_server_refuses_a_giant():
    async with OurOwn() as server:
        content = b'{"audio_chunk": "' + b"A" * 1_000_000
        async with server.backend._client.stream("POST", "/classify", content=content) as answer:
            assert answer.status_code == 413
