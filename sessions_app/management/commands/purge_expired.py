"""Forget what is due for good: one pass for cron, or a loop."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.db import Error, connection

from sessions_app import forgetting
from sessions_app.management.parts import do_all
from sessions_app.models import JobRun

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

    from sessions_app.models.audit import Tally

LOOP_S = 60
JOB = "purge_expired"


class Command(BaseCommand):
    help = "Forget for good: deleted sessions, those kept long enough, those to be forgotten at their end, old logins."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--loop", action="store_true", help=f"go on until stopped, every {LOOP_S} seconds")
        parser.add_argument("--dry-run", action="store_true", help="only say what would be forgotten")

    def handle(self, *, loop: bool, dry_run: bool, **options: Any) -> None:
        if not loop:
            self.purge(dry_run=dry_run)
            return
        while True:
            self.purge_and_survive(dry_run=dry_run)
            time.sleep(LOOP_S)

    def purge(self, *, dry_run: bool) -> None:
        """One pass; a line for each session that goes."""
        if dry_run:
            for voice_session in forgetting.due():
                self.stdout.write(f"would forget {voice_session.pk}")
            return
        with JobRun.of(JOB) as tally:
            parts: dict[str, Callable[[], object]] = {
                "sessions could not be forgotten": partial(self._forget_sessions, tally),
                "logins could not be forgotten": forgetting.forget_logins,
                "traces in the files could not be forgotten": forgetting.scrub,
            }
            do_all(parts, complain=self.stderr.write)

    def _forget_sessions(self, tally: Tally) -> None:
        for session_id in forgetting.purge_due():
            tally.done += 1
            self.stdout.write(f"forgot {session_id}")

    def purge_and_survive(self, *, dry_run: bool) -> None:
        """One pass of the loop: a database that is away now is asked again at the next."""
        try:
            self.purge(dry_run=dry_run)
        except Error as error:  # a lost connection is an InterfaceError, too
            self.stderr.write(f"the database does not answer ({type(error).__name__}); trying again")
        finally:
            connection.close()
