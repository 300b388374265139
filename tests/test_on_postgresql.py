"""What speaks SQL in its own way is tested on SQLite with everything else, and here once more on PostgreSQL.

A file or folder goes on the list when what it tests differs between the two (raw SQL, locks, full-text search,
constraints), or when it is about what people do with a session afterwards, and who may see it: that must not differ.
"""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.db import connection

from tests.conftest import require
from tests.faults.conftest import answers
from tests.faults.processes import POSTGRES

ROOT = Path(__file__).resolve().parent.parent
FILES = [
    "admin",  # triggers, filters with NUL
    "forgetting",  # what every table holds, deleting in steps
    "sharing",  # a lock
    "test_archive.py",
    "test_calibration.py",
    "test_debrief.py",
    "test_editing.py",
    "test_exports.py",
    "test_feedback.py",
    "test_history.py",
    "test_odd_requests.py",  # NUL, and numbers of any length
    "test_permission_matrix.py",
    "test_reap_idle_sessions.py",  # who wins a conditional UPDATE
    "test_presence.py",  # locks that are passed by
    "test_recording.py",  # raw SQL
    "test_search.py",
    "test_upgrade.py",  # raw SQL in migrations
]
RUN_TIMEOUT_S = 600


@pytest.mark.server
@pytest.mark.timeout(RUN_TIMEOUT_S + 20)
def test_on_postgresql():
    """In one run: making the database takes longer than most of the files."""
    require(answers(5432), "PostgreSQL at 127.0.0.1:5432")
    if connection.vendor == "postgresql":
        pytest.skip("this run is on PostgreSQL already")
    name = f"linnet_{uuid.uuid4().hex[:12]}"  # pytest-django makes test_<name>, and drops it

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--create-db", *(f"tests/{file}" for file in FILES)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": f"{POSTGRES}/{name}"},
        capture_output=True,
        text=True,
        timeout=RUN_TIMEOUT_S,
        check=False,
    )

    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
