"""Write the search index anew, for every ended session."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from sessions_app import search


class Command(BaseCommand):
    help = "Write the search index anew from what is stored. Searching goes on meanwhile, and finds what is done."

    def handle(self, **options: Any) -> None:
        self.stdout.write(f"{search.rebuild()} sessions can be found")
