"""The search index as each database keeps it: FTS5 in SQLite, a tsvector under a GIN index in PostgreSQL.

`migrations/0003_history_search` makes the tables. Rows of `SearchDocument` go by any way; what belongs to them follows.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import orjson
from django.db import connection
from django.db.models import BooleanField, F, Func, Value
from django.db.models.expressions import RawSQL

from sessions_app.models import SearchDocument, VoiceSession

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from django.db.backends.utils import CursorWrapper

    from sessions_app.models import VoiceSessionQuerySet
    from sessions_app.words.documents import Part, Place
    from sessions_app.words.questions import Term

    Texts = list[tuple[str, list[Place]]]

PAGES_PER_STEP = 500  # of the index
LEAST_CHANGES = 2  # a step that did anything makes more, says FTS5's documentation
WIPES_AT_ONCE = (3, 42)  # SQLite, from this version on, when it is told to

_DOCUMENTS = SearchDocument._meta.db_table
_SESSIONS = VoiceSession._meta.db_table
_WRITE_SQLITE = "INSERT INTO sessions_app_searchtext (rowid, words, places) VALUES (%s, %s, %s)"
_WRITE_POSTGRESQL = f"""
    INSERT INTO {_DOCUMENTS} (session_id, part, words, places, vector) VALUES (%s, %s, %s, %s, %s::tsvector)
"""
_MERGE_SQLITE = "INSERT INTO sessions_app_searchtext (sessions_app_searchtext, rank) VALUES ('merge', %s)"
_MATCH_SQLITE = f"""
    SELECT document.session_id FROM sessions_app_searchtext AS words
    JOIN {_DOCUMENTS} AS document ON document.id = words.rowid WHERE sessions_app_searchtext MATCH %s
"""
_MATCH_POSTGRESQL = "SELECT * FROM sessions_app_sessions_with(%s::tsquery)"
_SEPARATOR = "\x1e"  # stands in no word
_TEXTS_SQLITE = f"""
    (SELECT group_concat({{column}}, char(30)) FROM (
        SELECT words.{{column}} FROM {_DOCUMENTS} AS document
        JOIN sessions_app_searchtext AS words ON words.rowid = document.id
        WHERE document.session_id = {_SESSIONS}.id ORDER BY document.part))
"""
_TEXTS_POSTGRESQL = f"""
    (SELECT string_agg({{column}}, chr(30) ORDER BY part) FROM {_DOCUMENTS} WHERE session_id = {_SESSIONS}.id)
"""


def write(session_id: uuid.UUID, parts: Iterable[Part]) -> None:
    """Store the documents of a session that has none, in the caller's transaction."""
    if connection.vendor == "sqlite":
        kept = list(parts)
        rows = SearchDocument.objects.bulk_create(
            SearchDocument(session_id=session_id, part=number) for number, _ in enumerate(kept)
        )
        with connection.cursor() as cursor:
            cursor.executemany(
                _WRITE_SQLITE, [(row.pk, part.padded, _places(part)) for row, part in zip(rows, kept, strict=True)]
            )
        return
    with connection.cursor() as cursor:
        for number, part in enumerate(parts):
            cursor.execute(_WRITE_POSTGRESQL, [session_id, number, part.padded, _places(part), _vector(part)])


def sessions_with(owner_mark: str, term: Term) -> RawSQL:
    """Return the numbers of the sessions of one owner that hold `term`, as a subquery.

    In PostgreSQL they hold the words of a phrase and its pairs of short ones, but perhaps apart (`check_of`): its index
    knows no places.
    """
    if connection.vendor == "sqlite":
        return RawSQL(_MATCH_SQLITE, [f'"{owner_mark}" AND {_fts5(term)}'])
    pairs = "".join(f" & '{pair}'" for pair in term.pairs)
    return RawSQL(_MATCH_POSTGRESQL, [f"'{owner_mark}' & {_tsquery(term, '&')}{pairs}"])


def check_of(term: Term) -> Func | None:
    """Return what makes sure that a session has the words of a phrase side by side; None where the index does.

    Reading the places of words takes longer than all else, so PostgreSQL shall do it session by session, from the
    newest, until a page is full.
    """
    is_one_pair = len(term.words) == 2 and bool(term.pairs)
    if connection.vendor == "sqlite" or len(term.words) == 1 or is_one_pair:
        return None
    query = Value(_tsquery(term, "<->"))
    return Func(F("pk"), query, function="sessions_app_holds", output_field=BooleanField())


def with_texts(sessions: VoiceSessionQuerySet) -> VoiceSessionQuerySet:
    """Let each of a few sessions bring along what the index holds of it, for `texts_of`."""
    statement = _TEXTS_SQLITE if connection.vendor == "sqlite" else _TEXTS_POSTGRESQL
    columns = {f"index_{column}": RawSQL(statement.format(column=column), []) for column in ("words", "places")}
    return sessions.annotate(**columns)


def texts_of(voice_session: VoiceSession) -> Texts:
    """Return the words and places of every part of a session that was read `with_texts`."""
    words, places = (getattr(voice_session, f"index_{column}") for column in ("words", "places"))
    if words is None:
        return []
    both = zip(words.split(_SEPARATOR), places.split(_SEPARATOR), strict=True)
    return [(padded, orjson.loads(own)) for padded, own in both]


def scrub() -> bool:
    """Wipe what is left in the index of documents that are gone. Return whether there was anything to do.

    SQLite before 3.42 only marks words as gone until parts of the index are merged, so it merges all of it: some
    seconds for ten thousand sessions, in short steps that let other writers in between (unless the caller holds a
    transaction). PostgreSQL wipes when it vacuums.
    """
    if connection.vendor != "sqlite":
        return False
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM sessions_app_searchscrub")
        is_due = bool(cursor.rowcount)
        if is_due and sqlite3.sqlite_version_info < WIPES_AT_ONCE:
            pages = -PAGES_PER_STEP  # the minus has everything merged into one
            while _changes_of(cursor, _MERGE_SQLITE, [pages]) >= LEAST_CHANGES:
                pages = PAGES_PER_STEP
        return is_due


def _changes_of(cursor: CursorWrapper, statement: str, parameters: list[int]) -> int:
    """Run `statement`; return how many rows it changed, those of the index's own tables included."""
    counts = []
    for step in (None, statement, None):
        if step:
            cursor.execute(step, parameters)
        else:
            counts.append(cursor.execute("SELECT total_changes()").fetchone()[0])
    return int(counts[1] - counts[0])


def _places(part: Part) -> str:
    return orjson.dumps(part.places).decode()


def _fts5(term: Term) -> str:
    return f'"{" ".join(term.words)}"{"*" if term.is_prefix else ""}'


def _tsquery(term: Term, between: str) -> str:
    """Spell out a query without PostgreSQL's parser, which would cut words in its own way. They hold no quotes."""
    return "(" + f" {between} ".join(f"'{word}'" for word in term.words) + (":*)" if term.is_prefix else ")")


def _vector(part: Part) -> str:
    """Spell out a tsvector: each word with its places, and the pairs of short ones."""
    words = (
        f"'{word}':{','.join(map(str, places))}" if places else f"'{word}'" for word, places in part.positions().items()
    )
    return " ".join((*words, *(f"'{pair}'" for pair in part.pairs)))
