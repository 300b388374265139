from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Device, captions, linnet_running, start

LISTENING_MS = 60_000  # the models load at the first sound


@pytest.fixture(scope="module")
def listening_linnet(tmp_path_factory):
    """Linnet with its own engine: it hears what the microphone plays."""
    pytest.importorskip("faster_whisper", reason="needs linnet[voice]")
    with linnet_running(tmp_path_factory.mktemp("engine"), LINNET_VOICE="embedded") as address:
        yield address


@pytest.mark.speech
def test_real_speech_is_captioned_on_two_pages_at_once(chromium, listening_linnet):
    speaking = Device(chromium, listening_linnet, permissions=["microphone"])
    watching = Device(chromium, listening_linnet, storage_state=speaking.log_in())
    watching.page.goto(start(speaking.page))

    # The first prompt: "That agent is already logged on. Please enter your agent number …"
    said = re.compile(r"agent is already logged on", re.IGNORECASE)
    expect(captions(speaking.page).filter(has_text=said)).to_be_visible(timeout=LISTENING_MS)
    expect(captions(watching.page).filter(has_text=said)).to_be_visible(timeout=3_000)

    assert not watching.page.locator(".notice.simulated").is_visible()
    assert speaking.complaints + watching.complaints == []
    speaking.context.close()
    watching.context.close()
