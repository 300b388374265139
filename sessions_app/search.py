"""Finding sessions by what was said, by title, note and speaker; and keeping the index of it.

A session has documents in the index once it has ended, and as long as nobody changes it: `outdate` takes them out with
the change, the reaper puts them back (a long session takes a second, for which no socket shall wait). Those without
(running, just ended or changed) are looked through themselves: they are few.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from django.db import DataError, transaction
from django.db.models import Q

from sessions_app import search_index
from sessions_app.annotation.tone_strip import strip_of
from sessions_app.models import SearchDocument, State, VoiceSession
from sessions_app.search_record import read_records
from sessions_app.words.documents import owner_mark, parts_of, speaker_terms, tone_mark
from sessions_app.words.questions import Term, terms_of

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable

    from sessions_app.models import VoiceSessionQuerySet
    from sessions_app.search_record import Record
    from sessions_app.words.documents import Part

logger = logging.getLogger(__name__)

MAX_UNINDEXED = 20  # so many sessions a search looks through itself, the newest
INDEXED_AT_ONCE = 500  # so many a pass of the reaper
MAX_SUMMED_SESSIONS = 3
MAX_SUMMED_EVENTS = 4000  # an hour's; read in 50 ms


class Summary(TypedDict, total=False):
    """What a list shows of a session: who spoke, and how it sounded (`annotation.tone_strip`)."""

    speakers: list[str]
    strip: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What somebody looks for: words, a speaker's name, an affect."""

    question: str = ""
    speaker: str = ""
    affect: str = ""

    @property
    def words(self) -> tuple[Term, ...]:
        return terms_of(self.question)

    @property
    def terms(self) -> tuple[Term, ...]:
        affect = (Term((tone_mark(self.affect),)),) if self.affect else ()
        return (*self.words, *speaker_terms(self.speaker), *affect)

    @property
    def has_nothing_to_find(self) -> bool:
        """Tell whether something was typed in which there is no word."""
        return bool(
            (self.question.strip() and not self.words) or (self.speaker.strip() and not speaker_terms(self.speaker))
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The sessions that were found. `unindexed` holds the parts of those that the index does not know yet."""

    sessions: VoiceSessionQuerySet
    unindexed: dict[uuid.UUID, list[Part]]
    is_catching_up: bool = False  # there are more sessions without documents than a search looks through
    is_slow_to_count: bool = False  # each one is a visit to the index


def find(mine: VoiceSessionQuerySet, owner_id: int, wanted: Wanted) -> Found:
    """Return those of `mine` in which all that is wanted is. Two queries, the caller's own included."""
    if wanted.has_nothing_to_find:
        return Found(mine.none(), {})
    terms = wanted.terms
    if not terms:
        return Found(mine, {})
    without_documents = mine.filter(is_indexed=False).order_by("-created_at")[: MAX_UNINDEXED + 1]
    records = read_records(without_documents, with_tones=bool(wanted.affect))
    unindexed = {record.session_id: _parts_of(record) for record in records[:MAX_UNINDEXED]}
    there = {pk: parts for pk, parts in unindexed.items() if all(_is_in(parts, term) for term in terms)}
    indexed = Q()
    for term in terms:
        indexed &= Q(pk__in=search_index.sessions_with(owner_mark(owner_id), term))
    for check in filter(None, map(search_index.check_of, terms)):  # last: it looks at each session by itself
        indexed &= Q(check)
    found = mine.filter(indexed | Q(pk__in=there)) if there else mine.filter(indexed)
    return Found(
        found,
        there,
        is_catching_up=len(records) > MAX_UNINDEXED,
        is_slow_to_count=any(map(search_index.check_of, terms)),
    )


def index(session_id: uuid.UUID) -> bool:
    """Write the documents and the summary of an ended session, unless it changes meanwhile. Return whether it did."""
    [*records] = read_records(VoiceSession.objects.filter(pk=session_id, state=State.STOPPED, deleted_at=None))
    if not records:
        return False
    [record] = records
    parts = _parts_of(record)
    with transaction.atomic():
        as_read = VoiceSession.objects.filter(
            pk=session_id, next_seq=record.next_seq, revision=record.revision, state=State.STOPPED, deleted_at=None
        )
        if not as_read.filter(forget_at_end=False).update(is_indexed=True, summary=_summary_of(record)):
            return False
        SearchDocument.objects.filter(session_id=session_id).delete()
        search_index.write(session_id, parts)
    return True


def summaries_so_far(sessions: Iterable[VoiceSession]) -> dict[uuid.UUID, Summary]:
    """Return what no `VoiceSession.summary` says yet, for it runs or was just changed. At most one query.

    Of a few sessions, and not of the longest: a list must not read a whole day's events.
    """
    unread = [one for one in sessions if not one.is_indexed and 0 < one.last_seq <= MAX_SUMMED_EVENTS]
    if not unread:
        return {}
    records = read_records(VoiceSession.objects.filter(pk__in=[one.pk for one in unread[:MAX_SUMMED_SESSIONS]]))
    return {record.session_id: _summary_of(record) for record in records}


def index_waiting(limit: int = INDEXED_AT_ONCE) -> int:
    """Index ended sessions that have no documents, the newest first. Return how many. One that fails stops no other."""
    waiting = VoiceSession.objects.filter(is_indexed=False, state=State.STOPPED, deleted_at=None, forget_at_end=False)
    indexed = 0
    for session_id in list(waiting.order_by("-created_at").values_list("pk", flat=True)[:limit]):
        try:
            indexed += index(session_id)
        except DataError as error:
            logger.error("session %s cannot be indexed", session_id, extra={"error": type(error).__name__})
    if indexed:
        search_index.scrub()
    return indexed


def rebuild() -> int:
    """Index every ended session anew. Return how many can be found."""
    outdate(VoiceSession.objects.filter(is_indexed=True).values_list("pk", flat=True))
    search_index.scrub()
    found = 0
    while done := index_waiting():
        found += done
    return found


def outdate(session_ids: Iterable[uuid.UUID]) -> None:
    """Take sessions out of the index, in the transaction that changes them. They are looked through themselves then."""
    kept = list(session_ids)
    VoiceSession.objects.filter(pk__in=kept).update(is_indexed=False)
    SearchDocument.objects.filter(session_id__in=kept).delete()


def forget(session_ids: Iterable[uuid.UUID]) -> None:
    """Take sessions out of the index, and wipe their words from it once that is committed: no byte of them stays."""
    with transaction.atomic():
        outdate(session_ids)
        transaction.on_commit(search_index.scrub)


def _parts_of(record: Record) -> list[Part]:
    return parts_of(record.marks, record.passages)


def _summary_of(record: Record) -> Summary:
    return {"speakers": record.speakers, "strip": strip_of(record.tones, length_ms=record.length_ms)}


def _is_in(parts: list[Part], term: Term) -> bool:
    return any(term.is_in(part.padded) for part in parts)
