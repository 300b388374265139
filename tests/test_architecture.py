"""What the eye should be able to check, checked."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PURE = ["audio.window", "engine.listener", "voice.server", "annotation.annotator", "live.pipeline"]


@pytest.mark.parametrize("module", PURE)
def test_folders_are_pure_python(module):
    code = f"import sessions_app.{module}, sys; sys.exit('django' in sys.modules or 'channels' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize(
    "pattern", [r"\|\s*safe\b", r"mark_safe", r"innerHTML", r"<script(?![^>]*\bsrc=)", r"\sstyle="]
)
def test_no_page_trusts_what_was_said(pattern):
    files = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("static/js/**/*.js"), *ROOT.glob("sessions_app/**/*.py")]

    assert [str(path) for path in files if re.search(pattern, path.read_text())] == []


def manage(*arguments, **environment):
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.server
class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DEBUG", "maybe"),
            ("SESSION_IDLE_TTL_S", "soon"),
            ("SESSION_IDLE_TTL_S", "-5"),
            ("CF_VOICE_URL", "voice.example"),
            ("LINNET_FALLBACK", "pray"),
            ("DATABASE_URL", "mysql://localhost/x"),
        ],
    )
    def test_nonsense_is_refused_in_words(self, tmp_path, name, value):
        run = manage("check", **{"SECRET_KEY": "x", "LINNET_DATA_DIR": str(tmp_path), name: value})

        assert run.returncode != 0
        assert "ImproperlyConfigured" in run.stderr
        assert name in run.stderr

    def test_several_machines_need_a_key_that_they_share(self, tmp_path):
        run = manage("check", REDIS_URL="redis://127.0.0.1:6379/9", LINNET_DATA_DIR=str(tmp_path))

        assert "SECRET_KEY must be set" in run.stderr

    def test_an_embedded_installation_makes_and_keeps_its_own_key(self, tmp_path):
        manage("check", LINNET_DATA_DIR=str(tmp_path))
        first = (tmp_path / "secret_key").read_text()
        manage("check", LINNET_DATA_DIR=str(tmp_path))

        assert len(first) > 50
        assert (tmp_path / "secret_key").read_text() == first
        assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0

    def test_production_settings_pass_the_deployment_check(self, tmp_path):
        run = manage(
            "check", "--deploy", "--fail-level", "WARNING",
            SECRET_KEY="k" * 30 + "0123456789abcdefghijklmnopqrstuvwxyz",
            ALLOWED_HOSTS="linnet.example",
            LINNET_DATA_DIR=str(tmp_path),
        )  # fmt: skip

        assert run.returncode == 0, run.stderr

    def test_a_speech_model_that_is_not_there_is_named(self, tmp_path):
        run = manage("check", LINNET_ASR_MODEL=str(tmp_path / "nowhere"), LINNET_DATA_DIR=str(tmp_path))

        assert "LINNET_ASR_MODEL cannot be used" in run.stderr
        assert "nowhere" in run.stderr
