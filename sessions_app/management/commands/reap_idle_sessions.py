"""End what was forgotten: one pass for cron, or a loop for systemd and `quickstart`."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from sessions_app import allocations, conf, lifecycle, processes, search
from sessions_app.management.parts import do_all
from sessions_app.models import JobRun

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

    from sessions_app.models import VoiceSession
    from sessions_app.models.audit import Tally

MIN_LOOP_S = 15
JOB = "reap_idle_sessions"


class Command(BaseCommand):
    help = "End running sessions that nobody watched or spoke into for a while."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--ttl", type=float, metavar="SECONDS", help="default: SESSION_IDLE_TTL_S")
        parser.add_argument("--loop", action="store_true", help="go on until stopped, every max(15, ttl / 2) seconds")
        parser.add_argument("--dry-run", action="store_true", help="only say what would end")

    def handle(self, *, ttl: float | None, loop: bool, dry_run: bool, **options: Any) -> None:
        ttl_s = conf.current().idle_ttl_s if ttl is None else ttl
        if not 0 <= ttl_s < float("inf"):
            raise CommandError("--ttl must be a number of seconds, 0 or more.")
        if not loop:
            self.reap(ttl_s, dry_run=dry_run)
            return
        while True:
            self.reap_and_survive(ttl_s, dry_run=dry_run)
            time.sleep(max(MIN_LOOP_S, ttl_s // 2))

    def reap(self, ttl_s: float, *, dry_run: bool) -> None:
        """One pass; a line for each session that ends."""
        if dry_run:
            for voice_session in lifecycle.idle(ttl_s):
                self._say("would end", voice_session)
            return
        with JobRun.of(JOB) as tally:
            parts: dict[str, Callable[[], object]] = {
                "idle sessions could not be ended": partial(self._end_idle, ttl_s, tally),
                "lost words could not be marked": lifecycle.settle_lost_words,
                "allocations could not be given back": self._release_orphans,
                "ended sessions could not be indexed": search.index_waiting,
                "dead processes could not be forgotten": processes.forget_dead,
            }
            do_all(parts, complain=self.stderr.write)

    def _end_idle(self, ttl_s: float, tally: Tally) -> None:
        for voice_session in lifecycle.end_idle(ttl_s):
            tally.done += 1
            self._say("ended", voice_session)

    def _release_orphans(self) -> None:
        if left := allocations.release_orphans():
            self.stderr.write(f"{left} allocations are not given back yet; the next pass tries again")

    def _say(self, verb: str, voice_session: VoiceSession) -> None:
        self.stdout.write(f"{verb} {voice_session.pk} (last seen {voice_session.last_seen_at:%Y-%m-%d %H:%M:%S} UTC)")

    def reap_and_survive(self, ttl_s: float, *, dry_run: bool) -> None:
        """One pass of the loop: a database that is away now is asked again at the next."""
        try:
            self.reap(ttl_s, dry_run=dry_run)
        except Error as error:  # a lost connection is an InterfaceError, too
            self.stderr.write(f"the database does not answer ({type(error).__name__}); trying again")
        finally:
            connection.close()
