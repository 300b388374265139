"""The rows of the search index."""

from __future__ import annotations

from django.db import models

from sessions_app.models.session import VoiceSession


class SearchDocument(models.Model):
    """A stretch of a session that can be found. Only ended sessions that nobody changed since have any.

    The words themselves are where the database's full-text search wants them (migration 0003): in SQLite in an FTS5
    table with this row's number, in PostgreSQL in further columns. They go when this row goes.
    """

    session = models.ForeignKey(VoiceSession, on_delete=models.CASCADE, related_name="search_documents")
    part = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "part"], name="one_document_per_part")]

    def __str__(self) -> str:
        return f"part {self.part}"
