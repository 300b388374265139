"""How long the history and its search take with many sessions: `python -m benchmarks.history --database sqlite`.

Rows go in as they are, by bulk inserts past the recorder; the search index is written by `search.rebuild`, as after an
upgrade. Then pages are asked for as a browser would, through the whole of Django, and timed.
"""

from __future__ import annotations

import argparse
import io
import os
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterator

POSTGRES = "postgres://postgres@127.0.0.1:5432"
COMMONEST = "the of to and a in i you it that is for on we have are this be with was".split()  # noqa: SIM905
VOCABULARY = 20_000
WORDS_A_LINE = 9
LINE_SHARE = 0.6  # of the events; the others are tones
AFFECTS = ["warm", "neutral", "frustrated", "confused", "urgent"]
BANDS = ["clear", "maybe", "unclear"]
RARE_WORD, PHRASE = "quokka", "interest rate"
BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
# Which sessions say what: the numbers of the first user's sessions.
PHRASE_EVERY = 100
RUNNING = {17, 999, 9_999}
PAGES = {
    "first page": {},
    "page 200": {"page": 200},
    "rare word": {"q": RARE_WORD},
    "word in one of 100": {"q": "interest"},
    "common word": {"q": "the"},
    "three common words": {"q": "the of and"},
    "beginning of a word": {"q": "int"},
    "phrase": {"q": f'"{PHRASE}"'},
    "phrase of common words": {"q": '"of the"'},
    "phrase of common words, page 10": {"q": '"of the"', "page": 10},
    "common words that hardly ever meet": {"q": '"was with on"'},
    "state": {"state": "running"},
    "dates": {"from": "2020-02-01", "to": "2020-03-01"},
    "speaker": {"speaker": "okafor"},
    "tone": {"tone": "frustrated"},
    "word, speaker, tone, state": {"q": "bank", "speaker": "okafor", "tone": "warm", "state": "stopped"},
}


def main() -> None:
    options = read_options()
    options.folder.mkdir(parents=True, exist_ok=True)
    prepare_settings(options)
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, skip_checks=True)
    if not options.keep:
        fill(options)
    measure(options)


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    parser.add_argument("--folder", type=Path, required=True, help="where the database or what else is needed goes")
    parser.add_argument("--name", default="linnet_history", help="of the database in PostgreSQL; made anew")
    parser.add_argument("--sessions", type=int, default=10_000, help="of the first user; the second has a tenth")
    parser.add_argument("--events", type=int, default=1_000, help="of each session")
    parser.add_argument("--times", type=int, default=20, help="how often each page is asked for")
    parser.add_argument("--keep", action="store_true", help="measure what an earlier run has filled")
    return parser.parse_args()


def prepare_settings(options: argparse.Namespace) -> None:
    file = options.folder / "history.sqlite3"
    address = f"sqlite:///{file}" if options.database == "sqlite" else f"{POSTGRES}/{options.name}"
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "linnet_site.settings",
        "SECRET_KEY": "only-for-a-benchmark",
        "LINNET_DATA_DIR": str(options.folder),
        "LINNET_INSECURE_HTTP": "1",
        "DATABASE_URL": address,
    }
    if options.keep:
        return
    if options.database == "sqlite":
        for old in options.folder.glob("history.sqlite3*"):
            old.unlink()
        return
    import psycopg

    with psycopg.connect(f"{POSTGRES}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {options.name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {options.name}")


def fill(options: argparse.Namespace) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection

    from sessions_app import search

    began_s = time.perf_counter()
    for username, sessions in (("alice", options.sessions), ("bob", options.sessions // 10)):
        user = get_user_model().objects.create_user(username)
        speech = Speech(seed=user.pk)
        for first in range(0, sessions, 100):
            numbers = range(first, min(first + 100, sessions))
            insert_sessions(user.pk, numbers, options.events, speech)
    filled_s = time.perf_counter()
    indexed = search.rebuild()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    indexed_s = time.perf_counter()
    print(
        f"{indexed} sessions of {options.events} events: filled in {filled_s - began_s:.0f} s,"
        f" indexed in {indexed_s - filled_s:.0f} s ({1000 * (indexed_s - filled_s) / indexed:.0f} ms each)"
    )


class Speech:
    """Lines of made-up words, as often as in a real language (Zipf's law), always the same for a seed."""

    def __init__(self, *, seed: int) -> None:
        self._random = np.random.default_rng(seed)
        letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
        syllables = np.random.default_rng(0).choice(letters, (VOCABULARY, 8))
        made_up = ["".join(word[: 3 + number % 6]) for number, word in enumerate(syllables)]
        self._words = np.array([*COMMONEST, "bank", *made_up][:VOCABULARY], dtype=object)
        odds = 1 / np.arange(2, VOCABULARY + 2)
        self._upto = np.cumsum(odds / odds.sum())

    def lines(self, count: int) -> list[str]:
        chosen = self._words[np.searchsorted(self._upto, self._random.random((count, WORDS_A_LINE)))]
        return [" ".join(words) for words in chosen.tolist()]


def insert_sessions(owner_id: int, numbers: range, events: int, speech: Speech) -> None:
    from sessions_app.models import SpeakerName, State, VoiceSession

    sessions = [
        VoiceSession(
            owner_id=owner_id,
            title=f"Call {number} about {speech.lines(1)[0].split()[-1]}",
            state=State.RUNNING if number in RUNNING else State.STOPPED,
            ended_at=None if number in RUNNING else BEGAN,
            created_at=BEGAN + timedelta(minutes=number * 10),
            heard_sample=16_000 * events,
            settled_sample=16_000 * events,
            next_seq=events + 1,
        )
        for number in numbers
    ]
    VoiceSession.objects.bulk_create(sessions)
    SpeakerName.objects.bulk_create(
        SpeakerName(session=session, speaker="Speaker B", name=f"Dr. {('Okafor', 'Lind', 'Sato')[number % 3]}")
        for number, session in zip(numbers, sessions, strict=True)
    )
    insert_events(
        row for number, one in zip(numbers, sessions, strict=True) for row in rows_of(number, one.pk, events, speech)
    )


def rows_of(number: int, session_id: uuid.UUID, events: int, speech: Speech) -> Iterator[tuple[object, ...]]:
    lines = speech.lines(int(events * LINE_SHARE))
    if number % PHRASE_EVERY == 7:
        lines[len(lines) // 2] += f" {PHRASE} today"
    if number == 4321 or number == 5:
        lines[3] += f" {RARE_WORD}"
    for seq in range(1, events + 1):
        start_ms = seq * 1000
        if lines and seq % 5 < 3:
            yield (
                session_id,
                seq,
                "transcript",
                start_ms,
                start_ms + 1000,
                f"Speaker {'AB'[seq // 7 % 2]}",
                "",
                lines.pop(),
                "{}",
            )
        else:
            affect, band = AFFECTS[(seq // 50 + number) % (5 if number % 4 else 2)], BANDS[seq % 3]
            payload = f'{{"affect": "{affect}", "band": "{band}", "subtext": "They may.", "prosody_flags": []}}'
            yield session_id, seq, "tone", start_ms, start_ms + 1000, "Speaker B", affect.title(), "", payload


def insert_events(rows: Iterator[tuple[object, ...]]) -> None:
    from django.db import connection, transaction

    columns = "session_id, seq, kind, start_ms, end_ms, speaker, label, text, payload, confidence, engine, simulated,"
    columns += " created_at"
    if connection.vendor == "sqlite":
        values = "?, ?, ?, ?, ?, ?, ?, ?, ?, 0.5, 'made up', 0, '2020-01-01 00:00:00'"
        with transaction.atomic():
            connection.connection.executemany(
                f"INSERT INTO sessions_app_event ({columns}) VALUES ({values})",
                ((row[0].hex, *row[1:]) for row in rows),  # type: ignore[attr-defined]
            )
        return
    with connection.cursor() as cursor, cursor.copy(f"COPY sessions_app_event ({columns}) FROM STDIN") as copy:
        for some in iter(lambda: [row for row, _ in zip(rows, range(2000), strict=False)], []):
            buffer = io.StringIO()
            for row in some:
                buffer.write("\t".join(map(str, row)) + "\t0.5\tmade up\tf\t2020-01-01 00:00:00+00\n")
            copy.write(buffer.getvalue())


def measure(options: argparse.Namespace) -> None:
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    browser = Client(headers={"host": "localhost"})
    browser.force_login(get_user_model().objects.get(username="alice"))
    print(f"\n| {options.database} | best ms | p50 ms | p95 ms | CPU ms | queries | sessions on the page |")
    print("|---|---|---|---|---|---|---|")
    for name, asked in PAGES.items():
        address = f"/sessions/?{urlencode(asked)}"
        with CaptureQueriesContext(connection) as queries:
            page = browser.get(address)
        asked_for = len(queries)
        took_ms = []
        began_cpu_s = time.process_time()
        for _ in range(options.times):
            began_s = time.perf_counter()
            browser.get(address)
            took_ms.append(1000 * (time.perf_counter() - began_s))
        cpu_ms = 1000 * (time.process_time() - began_cpu_s) / options.times
        p95 = statistics.quantiles(took_ms, n=20)[-1]
        rows = page.content.count(b'class="session-row"')
        times = f"{min(took_ms):.0f} | {statistics.median(took_ms):.0f} | {p95:.0f} | {cpu_ms:.0f}"
        print(f"| {name} | {times} | {asked_for} | {rows} |", flush=True)


if __name__ == "__main__":
    main()
