"""A headset switches its rate in the middle of a call: the track stays the same, and the sound goes on in time."""

from __future__ import annotations

import os
import shutil
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import sync_playwright

from sessions_app.live.messages import Configure, Refusal, parse_audio_message
from tests.conftest import require

pytestmark = pytest.mark.timeout(60)

STATIC = Path(__file__).resolve().parents[2] / "static"
TONE_HZ = 440
PHASE_MS = 1000

# Plays a tone into a track of its own, 10 ms at a time, at a rate that changes; takes frames as the page does.
LISTEN = """
async ({ rates_hz, tone_hz, phase_ms }) => {
    const { Capture } = await import("/js/lib/capture.js");
    const track = new MediaStreamTrackGenerator({ kind: "audio" });
    const device = track.writable.getWriter();
    let played_s = 0;
    let rate_hz = rates_hz[0];
    const play = () => {
        const frames = rate_hz / 100;
        const samples = Float32Array.from(
            { length: frames }, (_, n) => 0.5 * Math.sin(2 * Math.PI * tone_hz * (played_s + n / rate_hz)));
        device.write(new AudioData({ format: "f32-planar", sampleRate: rate_hz, numberOfFrames: frames,
            numberOfChannels: 1, timestamp: Math.round(played_s * 1e6), data: samples }));
        played_s += 0.01;
    };
    const began_ms = performance.now();
    setInterval(() => { while (played_s * 1000 < performance.now() - began_ms) play(); }, 5);
    const capture = new Capture([new MediaStream([track])]);
    const frames = [];
    const states = [];
    capture.addEventListener("frame", ({ detail }) => frames.push(detail.pcm));
    for (const type of ["ended", "silenced"]) capture.addEventListener(type, () => states.push(type));
    await capture.start("/js/worklets/capture.js");
    const heard = [];
    for (rate_hz of rates_hz) {
        await new Promise((wake) => setTimeout(wake, 500));  // what the browser still holds of the rate before
        const first = frames.length;
        await new Promise((wake) => setTimeout(wake, phase_ms));
        const sound = frames.slice(first).flatMap((pcm) => [...pcm]);
        const rises = sound.flatMap((sample, n) => (n > 0 && sound[n - 1] < 0 && sample >= 0 ? [n] : []));
        const periods = rises.slice(1).map((at, n) => at - rises[n]).sort((a, b) => a - b);
        // The one in the middle: a machine that stutters leaves holes in the tone.
        heard.push({ frames: frames.length - first, tone_hz: 16000 / periods[periods.length >> 1] });
    }
    await capture.stop();
    return { heard, states };
}
"""


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        return None


@pytest.fixture
def empty_page():
    """An empty page of an address that has the project's own scripts."""
    executable = os.environ.get("LINNET_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    require(executable is not None, "Chromium")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=STATIC))
    Thread(target=server.serve_forever).start()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--autoplay-policy=no-user-gesture-required"]
        )
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{server.server_port}/")
        yield page
        browser.close()
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_a_track_that_changes_its_rate_keeps_its_pitch_and_its_pace(empty_page):
    result = empty_page.evaluate(
        LISTEN, {"rates_hz": [48_000, 16_000, 44_100], "tone_hz": TONE_HZ, "phase_ms": PHASE_MS}
    )

    assert result["states"] == []
    for heard in result["heard"]:
        assert heard["frames"] == pytest.approx(PHASE_MS / 100, abs=3), result
        assert heard["tone_hz"] == pytest.approx(TONE_HZ, rel=0.03), result


def test_a_client_that_announces_sound_at_another_rate_is_told_so_before_it_sends_any():
    with pytest.raises(Refusal, match="16000"):
        parse_audio_message('{"type": "configure", "sample_rate": 48000}')


def test_a_client_may_announce_the_rate_that_is_wanted():
    assert parse_audio_message('{"type": "configure", "sample_rate": 16000}') == Configure()
