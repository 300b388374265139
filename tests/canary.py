"""Sentences that nobody may repeat, and a watch over all tests for who does: logs, caches, error pages.

The scripted voice says its lines in every test that streams sound; `CANARY` is for tests that store words themselves.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager

from django.core.cache.backends import locmem
from django.core.handlers.base import BaseHandler

from sessions_app.voice import scripted

CANARY = "the purple canary sings at noon"
SENTENCES = (CANARY, *(words for _, words, _, _ in scripted._SCRIPT))
ERROR_PAGES = {401, 403, 404, 405, 410, 429, *range(500, 600)}  # a 400 may show a form what was typed into it


class Watch(logging.Handler):
    """Sees every log record of the run. `sightings` says where a sentence was met, never more than its beginning."""

    def __init__(self, *sentences: str) -> None:
        super().__init__(logging.NOTSET)
        self.sentences = sentences or SENTENCES
        self.sightings: list[str] = []
        self.records = 0
        self.error_pages = 0

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("django.db"):  # statements with their values: nobody logs them in production
            return
        self.records += 1
        self.look_at(f"log record of {record.name}", logging.Formatter().format(record))
        self.look_at(f"fields of a log record of {record.name}", repr(vars(record)))

    def look_at_cache(self) -> None:
        for name, entries in locmem._caches.items():
            for key, value in entries.items():
                self.look_at(f"cache {name!r}", f"{key} {bytes(value).decode(errors='replace')}")

    def look_at_answer(self, request, answer) -> None:
        if answer.status_code in ERROR_PAGES and not answer.streaming:
            self.error_pages += 1
            self.look_at(f"error page {answer.status_code}", answer.content.decode(errors="replace"))

    def look_at(self, where: str, text: str) -> None:
        self.sightings += [f"{where}: “{sentence[:20]}…”" for sentence in self.sentences if sentence in text]

    @contextmanager
    def over_everything(self):
        """Listen to every logger and look at every answer of the application, however it was asked."""
        root, linnet = logging.getLogger(), logging.getLogger("sessions_app")
        level, linnet.level = linnet.level, logging.DEBUG
        root.addHandler(self)
        get, aget = BaseHandler.get_response, BaseHandler.get_response_async

        def watched(handler, request):
            answer = get(handler, request)
            self.look_at_answer(request, answer)
            return answer

        async def awatched(handler, request):
            answer = await aget(handler, request)
            self.look_at_answer(request, answer)
            return answer

        BaseHandler.get_response, BaseHandler.get_response_async = watched, awatched
        try:
            yield self
        finally:
            BaseHandler.get_response, BaseHandler.get_response_async = get, aget
            root.removeHandler(self)
            linnet.level = level
