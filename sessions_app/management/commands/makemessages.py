"""Gather the words to translate: Python and templates, then what scripts show by t("…") and n("…", "…", count)."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import makemessages

NOT_OURS = ["node_modules/*", "staticfiles/*", "var/*", "build/*", ".venv/*", "tests/*", "benchmarks/*"]


class Command(makemessages.Command):
    help = "Gather the words of Python, templates and scripts into locale/ (docs/languages.md)."
    xgettext_options = [*makemessages.Command.xgettext_options, "--keyword=t", "--keyword=n:1,2"]

    def handle(self, *args: Any, **options: Any) -> None:
        options["ignore_patterns"] = [*options["ignore_patterns"], *NOT_OURS]
        super().handle(*args, **options)
        if options["domain"] == "django":
            super().handle(*args, **{**options, "domain": "djangojs", "extensions": None})
