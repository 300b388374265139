"""A real server, a real browser, and a microphone that plays real speech."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
import wave
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.error import URLError

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import require

ROOT = Path(__file__).resolve().parents[2]
PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
SPOKEN = ("agent-alreadyon", "call-fwd-no-ans", "cannot-complete-as-dialed", "conf-adminmenu")
PASSWORD = "four quiet linnets"
START_TIMEOUT_S = 40
WIDE, NARROW = {"width": 1280, "height": 800}, {"width": 320, "height": 640}


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@contextmanager
def linnet_running(data_dir, **environment):
    """Run Linnet on a free port with a database of its own and one person, alice; yields its address."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    env |= {
        "DJANGO_SETTINGS_MODULE": "linnet_site.settings",
        "DJANGO_SUPERUSER_PASSWORD": PASSWORD,
        "LINNET_DATA_DIR": str(data_dir),
        "LINNET_INSECURE_HTTP": "1",
        "STATIC_ROOT": str(data_dir / "not-collected"),
        **environment,
    }
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "--verbosity=0"], cwd=ROOT, env=env, check=True, timeout=100)
    alice = ["createsuperuser", "--noinput", "--username=alice", "--email=alice@example.org"]
    subprocess.run([*manage, *alice], cwd=ROOT, env=env, check=True, timeout=100, stdout=subprocess.DEVNULL)
    serve = [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "linnet_site.asgi:application"]
    with (data_dir / "server.log").open("wb") as log:
        server = subprocess.Popen(serve, cwd=ROOT, env=env, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def wait_for(address):
    deadline_s = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline_s:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    pytest.fail(f"Linnet did not start within {START_TIMEOUT_S} s")


@pytest.fixture(scope="session")
def linnet(tmp_path_factory):
    """Linnet with the scripted voice: what it says depends on the clock alone."""
    with linnet_running(tmp_path_factory.mktemp("linnet"), LINNET_VOICE="scripted") as address:
        yield address


@pytest.fixture(scope="session")
def spoken_wav(tmp_path_factory):
    """Telephone prompts, one after another: 16 kHz mono, as a file that the browser takes for its microphone."""
    require(PROMPTS.is_dir(), "the asterisk prompts")
    av = pytest.importorskip("av")
    path = tmp_path_factory.mktemp("speech") / "speech.wav"
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(16_000)
        for name in SPOKEN:
            with av.open(str(PROMPTS / f"{name}.g722"), format="g722") as prompt:
                for frame in prompt.decode(audio=0):
                    wav.writeframes(frame.to_ndarray().tobytes())
            wav.writeframes(bytes(32_000))
    return path


@pytest.fixture(scope="module")
def chromium(spoken_wav):
    """One browser a module: Playwright keeps an event loop running in this thread, and other modules need theirs."""
    executable = os.environ.get("LINNET_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    require(executable is not None, "Chromium")
    microphone = ["--use-fake-device-for-media-stream", f"--use-file-for-fake-audio-capture={spoken_wav}"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=microphone)
        yield browser
        browser.close()


class Device:
    """A browser window of its own, with what went wrong in it."""

    def __init__(self, browser, address, **options):
        self.context = browser.new_context(base_url=address, viewport=WIDE, **options)
        self.page = self.context.new_page()
        self.complaints = []
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message):
        if message.type in {"error", "warning"} and "WebSocket" not in message.text:
            self.complaints.append(message.text)

    def log_in(self):
        self.page.goto("/accounts/login/")
        self.page.locator("#id_login").fill("alice")
        self.page.get_by_label("Password", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Log in", exact=True).click()
        self.page.wait_for_url("**/")
        return self.context.storage_state()


@pytest.fixture(scope="module")
def login(chromium, linnet):
    device = Device(chromium, linnet)
    yield device.log_in()
    device.context.close()


@pytest.fixture
def device_of_alice(chromium, linnet, login):
    """Give Alice devices; at the end none of them may have complained (script errors, CSP violations)."""
    devices = []
    forget_look(linnet, login)

    def device(*, permissions=("microphone",), **options):
        devices.append(Device(chromium, linnet, storage_state=login, permissions=list(permissions), **options))
        return devices[-1].page

    yield device
    for each in devices:
        each.context.close()
    assert [complaint for each in devices for complaint in each.complaints] == []


def forget_look(address, login):
    """Give Alice the usual look again: what one test chose follows her account into the next."""
    cookies = {cookie["name"]: cookie["value"] for cookie in login["cookies"]}
    headers = {
        "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        "X-CSRFToken": cookies["csrftoken"],
        "Content-Type": "application/json",
    }
    request = urllib.request.Request(f"{address}/profile/look/", b'{"reset": true}', headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


@pytest.fixture
def page(device_of_alice):
    return device_of_alice()


def start(page, title="A call"):
    """Start a session from the first page and wait until its feed is open; return its address."""
    page.goto("/")
    page.get_by_text("Options").click()
    page.locator("linnet-start").get_by_label("Title").fill(title)
    page.get_by_role("button", name="Start listening").click()
    page.wait_for_function("() => document.querySelector('linnet-live')?.board?.facts.feed === 'open'")
    return page.url


def captions(page):
    return page.locator(".line[data-kind=transcript]")
