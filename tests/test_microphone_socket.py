"""What a microphone's socket answers, through the whole application, with a scripted voice."""

from __future__ import annotations

import asyncio

import pytest
from django.test import AsyncClient

from sessions_app import bulletin, lifecycle
from sessions_app import microphone as microphone_module
from sessions_app.models import EndReason, State
from sessions_app.voice.errors import BackendUnavailable
from sessions_app.voice.scripted import ScriptedBackend, ScriptedStream
from tests.conftest import SECOND_OF_SILENCE
from tests.sockets import microphone_of, socket_of, view_of

pytestmark = pytest.mark.django_db(transaction=True)


async def test_it_says_ready_and_acknowledges_each_window(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        ready = await microphone.until("ready")

        await microphone.send_sound(SECOND_OF_SILENCE * 3)

        ack = await microphone.until("ack", heard_sample=48_000)
    assert ready["next_sample"] == 0
    assert ready["engine"]["simulated"] is True
    assert ack["through_sample"] == 48_000


async def test_finalize_flushes_the_tail_and_the_open_utterance(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        await microphone.send_sound(bytes(32_000 + 6_400))

        await microphone.say("finalize")

        assert (await microphone.until("finalized"))["through_sample"] == 19_200
    await voice_session.arefresh_from_db()
    assert await voice_session.events.filter(kind="transcript").acount() == 1
    assert voice_session.settled_sample == 19_200


async def test_close_sums_up_and_leaves_the_session_running(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE)
        await microphone.say("close")

        summary = await microphone.until("summary")

        assert summary["audio_ms"] == summary["classified_ms"] == 1000
        assert summary["events"] == 2
        assert await microphone.closed() == 1000
    await voice_session.arefresh_from_db()
    assert voice_session.state == State.RUNNING


async def test_a_disconnect_stores_the_tail(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        await microphone.send_sound(bytes(9_600))

    await voice_session.arefresh_from_db()
    assert voice_session.settled_sample == 4_800
    assert voice_session.stream_id is None


async def test_the_clock_goes_on_after_a_reconnect(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE)
        await microphone.until("ack")

    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        assert (await microphone.until("ready"))["next_sample"] == 16_000


async def test_what_cannot_be_replayed_becomes_a_gap(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        await microphone.say("gap", samples=32_000)
        await microphone.until("ack", heard_sample=32_000)

    gap = await voice_session.events.aget(kind="gap")
    assert (gap.label, gap.start_ms, gap.end_ms) == ("connection", 0, 2000)
    assert gap.text == "2.0 s not captioned: the connection was lost"


@pytest.mark.parametrize(
    ("frame", "code", "error"),
    [
        (b"odd", 4400, "invalid_audio_frame"),
        (bytes(32_002), 4413, "frame_too_large"),
        (b"", 4400, "invalid_audio_frame"),
    ],
)
async def test_a_bad_frame_is_refused_with_a_reason(alices_browser, voice_session, frame, code, error):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")

        await microphone.communicator.send_input({"type": "websocket.receive", "bytes": frame})

        assert (await microphone.until("error"))["code"] == error
        assert (await microphone.until("bye"))["code"] == code
        assert await microphone.closed() == code


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", '{"type": "sing"}', '{"type": "gap", "samples": -1}', "[" * 5000]
)
async def test_a_bad_message_is_refused_with_a_reason(alices_browser, voice_session, text):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")

        await microphone.send_text(text)

        assert (await microphone.until("error"))["message"]
        assert await microphone.closed() in {4400, 4413}


async def test_configuring_before_sound_counts_and_afterwards_is_locked(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.say("configure", window_ms=500)
        assert (await microphone.until("ready"))["window_ms"] == 500
        await microphone.send_sound(bytes(16_000))
        assert (await microphone.until("ack"))["heard_sample"] == 8_000

        await microphone.say("configure", window_ms=2000)

        assert (await microphone.until("error"))["code"] == "config_locked"
        await microphone.send_sound(bytes(16_000))
        await microphone.until("ack", heard_sample=16_000)


async def test_configuring_after_ready_counts_too(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready", window_ms=1000)

        await microphone.say("configure", window_ms=2000)

        assert (await microphone.until("ready", window_ms=2000))["next_sample"] == 0


async def test_a_second_microphone_is_refused_unless_it_takes_over(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as first:
        await first.until("ready")
        await first.send_sound(SECOND_OF_SILENCE)
        async with microphone_of(alices_browser.cookies, voice_session) as second:
            assert (await second.until("error"))["code"] == "producer_taken"
            assert await second.closed() == 4409

        async with microphone_of(alices_browser.cookies, voice_session) as third:
            await third.say("configure", take_over=True)
            assert (await third.until("ready"))["next_sample"] == 16_000
            assert (await first.until("error"))["code"] == "superseded"
            assert await first.closed() == 4409


async def test_ending_the_session_closes_the_microphone(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        await database_end(voice_session)
        await microphone.send_sound(SECOND_OF_SILENCE)

        assert (await microphone.until("summary"))["reason"] == "session_ended"
        assert (await microphone.until("error"))["code"] == "session_ended"
        assert await microphone.closed() == 4410


async def test_a_stranger_is_told_that_there_is_no_such_session(bobs_browser, voice_session):
    async with microphone_of(bobs_browser.cookies, voice_session) as microphone:
        assert (await microphone.until("error"))["code"] == "session_not_found"
        assert await microphone.closed() == 4404


async def test_nobody_gets_in_without_a_login_or_from_elsewhere(alices_browser, voice_session):
    async with microphone_of({}, voice_session) as anonymous:
        assert anonymous is None
    async with microphone_of(alices_browser.cookies, voice_session, origin="http://evil.example") as foreign:
        assert foreign is None
    async with microphone_of(alices_browser.cookies, voice_session, origin="null") as sandboxed:
        assert sandboxed is None
    async with microphone_of(alices_browser.cookies, voice_session, origin="http://[") as nonsense:
        assert nonsense is None
    async with socket_of(alices_browser.cookies, "/ws/elsewhere/") as lost:
        assert lost is None


async def test_a_program_needs_no_origin(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session, origin=None) as program:
        assert await program.until("ready")


async def test_two_views_see_the_same_events_in_order(alices_browser, voice_session):
    cookies = alices_browser.cookies
    async with (
        view_of(cookies, voice_session) as one,
        view_of(cookies, voice_session) as two,
        microphone_of(cookies, voice_session) as microphone,
    ):
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 6)
        tones = [[await view.until_event("tone"), await view.until_event("tone")] for view in (one, two)]

    seqs = [[m["event"]["seq"] for m in view.received if m["type"] == "event"] for view in (one, two)]
    assert tones[0] == tones[1]
    assert seqs == [[1, 2, 3, 4]] * 2
    assert any(message["type"] == "partial" for message in one.received)


async def test_a_returning_view_gets_only_what_it_missed(alices_browser, voice_session):
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 6)
        await microphone.until("ack", through_sample=96_000)

    async with view_of(alices_browser.cookies, voice_session, after=2) as view:
        assert (await view.until("snapshot"))["last_seq"] == 4
        assert [(await view.until("event"))["event"]["seq"] for _ in range(2)] == [3, 4]


async def test_a_view_answers_pings_and_learns_of_the_end(alices_browser, voice_session):
    async with view_of(alices_browser.cookies, voice_session) as view:
        await view.say("ping")
        await view.until("pong")

        await database_end(voice_session)

        assert (await view.until("event"))["event"]["label"] == "stopped"
        assert (await view.until("state"))["reason"] == "user"


async def database_end(voice_session):
    from asgiref.sync import sync_to_async

    await sync_to_async(lifecycle.end)(voice_session, EndReason.USER)


async def test_who_makes_holes_without_end_is_stopped_while_nothing_can_be_heard(
    alices_browser, voice_session, monkeypatch
):
    """Holes are never shed: each is a piece of the session's clock. What is left of them is told once."""
    monkeypatch.setattr(microphone_module, "MAX_WAITING_HOLES", 15)
    monkeypatch.setattr(microphone_module, "FLUSH_TIMEOUT_S", 0.2)

    async def away(self, window):
        raise BackendUnavailable("away")

    monkeypatch.setattr(ScriptedStream, "classify", away)
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        for _ in range(20):
            await microphone.send_sound(bytes(2))
            await microphone.say("gap", samples=1)

        refused = await microphone.until("error", code="rate_limited")
        assert await microphone.closed() == 4429
    assert "gaps" in refused["message"]
    assert refused["retry_after_s"] > 0


async def test_holes_that_follow_one_another_are_one_and_harm_nobody(alices_browser, voice_session, monkeypatch):
    monkeypatch.setattr(microphone_module, "MAX_WAITING_HOLES", 15)
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        for _ in range(30):
            await microphone.say("gap", samples=1600)
        await microphone.say("finalize")

        assert (await microphone.until("finalized"))["through_sample"] == 48_000
    assert await voice_session.events.filter(kind="gap").acount() < 30


async def windows_heard():
    scrape = (await AsyncClient().get("/metrics", AUTHORIZATION="Bearer letmein")).text
    return float(scrape.split("\nlinnet_windows_total ")[1].split()[0])


async def test_what_was_heard_is_counted_while_the_microphone_closes(
    alices_browser, voice_session, settings, monkeypatch
):
    settings.LINNET_METRICS_TOKEN = "letmein"
    flush = ScriptedStream.flush

    async def slowly(self):
        await asyncio.sleep(0.3)
        return await flush(self)

    monkeypatch.setattr(ScriptedStream, "flush", slowly)
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")
        await microphone.send_sound(SECOND_OF_SILENCE * 3)
        await microphone.until("ack", heard_sample=48_000)
        counted = [await windows_heard()]
        await microphone.communicator.send_input({"type": "websocket.disconnect", "code": 1001})
        for _ in range(10):
            await asyncio.sleep(0.05)
            counted.append(await windows_heard())

    assert [*counted, await windows_heard()] == [counted[0]] * 12


async def test_a_listener_that_cannot_be_closed_does_not_keep_the_session(alices_browser, voice_session, monkeypatch):
    monkeypatch.setattr(microphone_module, "CLOSE_TIMEOUT_S", 0.1)

    async def hang(self):
        await asyncio.Event().wait()

    monkeypatch.setattr(ScriptedStream, "aclose", hang)
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")

    await voice_session.arefresh_from_db()
    assert voice_session.stream_id is None


async def test_when_nobody_can_say_any_more_how_it_goes_that_is_logged(
    alices_browser, voice_session, monkeypatch, caplog
):
    def break_down(pipeline):
        raise RuntimeError("out of order")

    monkeypatch.setattr(bulletin, "_flow_by_lag", break_down)
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.until("ready")

    assert "RuntimeError: out of order" in caplog.text


async def test_what_the_listener_cannot_do_for_this_session_is_said_at_once(alices_browser, voice_session, monkeypatch):
    monkeypatch.setattr(
        ScriptedBackend, "warnings_for", lambda self, config: (f"no {config.language} here",), raising=False
    )
    async with microphone_of(alices_browser.cookies, voice_session) as microphone:
        await microphone.say("configure", language="xx-XX")

        ready = await microphone.until("ready")

    assert "no xx here" in ready["engine"]["warnings"]
