"""Nobody is offered a language that nobody here understands."""

from __future__ import annotations

import pytest

from sessions_app.engine.models import ENGLISH_ONLY, Engine
from sessions_app.forms import StartForm


def offered():
    return dict(StartForm().fields["language"].widget.choices)


def problem_with(language):
    return " ".join(StartForm({"language": language}).errors.get("language", []))


@pytest.fixture
def own_engine(settings):
    settings.LINNET_VOICE = "embedded"
    settings.LINNET_ASR_MODEL = "auto"
    return settings


@pytest.fixture
def own_engine_with_many_languages(own_engine):
    own_engine.LINNET_ASR_MODEL = "small"
    return own_engine


@pytest.fixture
def service(settings):
    settings.LINNET_VOICE = ""
    settings.CF_VOICE_URL = "http://voice.example.org"
    return settings


def test_the_model_that_comes_along_offers_english_only(own_engine):
    assert offered() == {"": "English"}
    assert problem_with("") == problem_with("en") == ""


@pytest.mark.parametrize("language", ["de", "qq", "Klingon!"])
def test_another_language_is_refused_with_what_to_do(own_engine, language):
    assert "Leave the language as it is" in problem_with(language)


def test_a_larger_model_offers_its_languages_by_name(own_engine_with_many_languages):
    assert {"de": "German", "gu": "Gujarati", "zh": "Chinese"}.items() <= offered().items()
    assert problem_with("de") == ""
    assert "Choose one from the list" in problem_with("qq")


def test_a_model_that_turns_out_to_know_english_only_says_so_from_then_on(own_engine, monkeypatch):
    own_engine.LINNET_ASR_MODEL = "distilled"
    engine = Engine("distilled")
    engine.warnings = (ENGLISH_ONLY,)
    monkeypatch.setattr("sessions_app.backends.engine", lambda *_: engine)

    assert "English only" in problem_with("de")


def test_a_voice_service_may_know_more_than_the_list(service):
    assert "German" in offered().values()
    assert problem_with("qq") == ""
    assert "Choose one from the list" in problem_with("Klingon!")
