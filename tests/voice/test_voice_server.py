"""The engine behind HTTP says what the engine says: nothing between them is mocked."""

from __future__ import annotations

import pytest
from aiohttp.test_utils import TestServer

from sessions_app.audio.window import Windower
from sessions_app.voice.cf_voice import CfVoiceBackend
from sessions_app.voice.contract import StreamConfig
from sessions_app.voice.embedded import EmbeddedBackend
from sessions_app.voice.errors import VoiceError
from sessions_app.voice.server import VoiceServer
from tests import speech

pytestmark = pytest.mark.speech

CONFIG = StreamConfig(session_id="a session", num_speakers=2)


@pytest.fixture
def engine():
    return speech.loaded_engine()


def windows(*names, silence=speech.SILENCE):
    sound = b"".join(speech.prompt(name) + silence for name in names)
    return [*Windower(window_ms=1000).push(sound)]


async def served(engine, *, port=None):
    """Return a running voice service, a new process as far as its sessions go."""
    server = TestServer(VoiceServer(EmbeddedBackend(engine)).application(), port=port)
    await server.start_server()
    return server


@pytest.fixture
async def server(engine):
    server = await served(engine)
    yield server
    await server.close()


@pytest.fixture
async def client(server):
    client = CfVoiceBackend(str(server.make_url("/")).rstrip("/"))
    yield client
    await client.aclose()


async def listen(stream, windows):
    """Return what was heard, the flush included, and up to where it was settled after each window."""
    hearings = [*[await stream.classify(window) for window in windows], await stream.flush()]
    await stream.aclose()
    observations = [observation for hearing in hearings for observation in hearing.observations]
    return observations, [hearing.settled_sample for hearing in hearings]


def final_words(observations):
    return [
        (one.label, one.start_ms, one.end_ms, one.speaker_id, one.utterance_id) for one in speech.finals(observations)
    ]


def without_partials(observations):
    return [observation for observation in observations if observation.is_final]


async def test_over_http_a_session_hears_what_it_hears_in_the_process(engine, client):
    sound = windows("vm-nobox", "vm-opts")

    direct, settled = await listen(await EmbeddedBackend(engine).open(CONFIG), sound)
    over_http, settled_over_http = await listen(await client.open(CONFIG), sound)

    assert final_words(over_http) == final_words(direct)
    assert without_partials(over_http) == without_partials(direct)
    assert settled_over_http == settled


async def test_partials_come_over_http(client):
    observations, _ = await listen(await client.open(CONFIG), windows("ss-noservice"))

    (final,) = speech.finals(observations)
    assert {partial.utterance_id for partial in speech.partials(observations)} == {final.utterance_id}


async def test_a_server_replaced_in_the_middle_of_an_utterance_loses_no_words(engine, client, server):
    sound = windows("ss-noservice")
    direct, settled = await listen(await EmbeddedBackend(engine).open(CONFIG), sound)
    stream = await client.open(CONFIG)
    before = [await stream.classify(window) for window in sound[:2]]
    port = server.port
    await server.close()

    successor = await served(engine, port=port)
    after, settled_after = await listen(stream, sound[2:])
    await successor.close()

    assert not speech.finals([one for hearing in before for one in hearing.observations])
    assert final_words(after) == final_words(direct)
    assert settled_after == settled[2:]


async def test_a_service_that_was_away_for_a_window_loses_no_words(engine, client, server):
    """The window that nobody answered is asked for again, as a session does."""
    sound = windows("ss-noservice")
    direct, _ = await listen(await EmbeddedBackend(engine).open(CONFIG), sound)
    stream = await client.open(CONFIG)
    for window in sound[:3]:
        await stream.classify(window)
    port = server.port
    await server.close()
    with pytest.raises(VoiceError):
        await stream.classify(sound[3])

    successor = await served(engine, port=port)
    after, _ = await listen(stream, sound[3:])
    await successor.close()

    assert final_words(after) == final_words(direct)


async def test_a_session_that_is_closed_begins_anew(client):
    sound = windows("agent-pass")

    first, _ = await listen(await client.open(CONFIG), sound)
    second, _ = await listen(await client.open(CONFIG), sound)

    assert final_words(second) == final_words(first)
