"""Settings that would not work are refused at the start, in words; the others come out as they were meant."""

from __future__ import annotations

import pytest
from django.core.checks import translation
from django.core.exceptions import ImproperlyConfigured

from linnet_site import settings as production
from sessions_app import database_threads

POSTGRES = "postgres://linnet@127.0.0.1/linnet"


class TestPool:
    def pool(self, monkeypatch, size):
        monkeypatch.setenv("DATABASE_URL", POSTGRES)
        monkeypatch.setenv("LINNET_DATABASE_POOL_SIZE", str(size))
        return production.database()["OPTIONS"]["pool"]["max_size"]

    def test_it_has_room_for_the_threads_that_keep_a_connection_and_for_a_page(self):
        assert production.MIN_POOL_SIZE > database_threads.READERS + 1

    @pytest.mark.parametrize("size", [1, production.MIN_POOL_SIZE - 1])
    def test_one_that_is_too_small_is_refused_with_what_to_do(self, monkeypatch, size):
        with pytest.raises(ImproperlyConfigured, match=r"LINNET_DATABASE_POOL_SIZE must be 6 or more.* set it to"):
            self.pool(monkeypatch, size)

    def test_the_smallest_one_is_taken(self, monkeypatch):
        assert self.pool(monkeypatch, production.MIN_POOL_SIZE) == production.MIN_POOL_SIZE


@pytest.mark.parametrize("folder", ["de", "pt_BR", "zh_CN", "de_CH"])
def test_a_folder_of_words_becomes_a_language_that_django_knows(settings, folder):
    settings.LANGUAGES = production.languages({"en", folder})

    assert translation.check_setting_languages(None) == []
    assert translation.check_language_settings_consistent(None) == []
    assert len(settings.LANGUAGES) == 2
