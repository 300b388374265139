"""How well and how fast the engine listens: `python -m benchmarks.engine`, or `make bench-engine`. docs/engine.md
explains it. The status is 1 when a target is missed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.engine import signals, speech
from benchmarks.engine.live_process import SESSIONS
from benchmarks.engine.sounds import hold_music, librivox, prompts
from benchmarks.engine.table import Row
from benchmarks.engine.transcripts import HOW_TO_GET_TEXTS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LIVE_S = 60
PACKAGES = (
    "asterisk-core-sounds-en-g722 asterisk-core-sounds-fr-g722 asterisk-core-sounds-it-g722 "
    "asterisk-core-sounds-ru-g722 asterisk-moh-opsound-wav pocketsphinx-testdata sox"
)


def live() -> list[Row]:
    """Measure in a process of its own: this one is full of sounds."""
    command = [sys.executable, "-m", "benchmarks.engine.live_process", str(LIVE_S)]
    measured = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    blocked = f"{measured['blocked_ms']:.0f} ms (at worst {measured['blocked_at_worst_ms']:.0f}"
    return [
        Row(
            f"longest block of the event loop, {SESSIONS} sessions in real time",
            "≤ 30 ms",
            f"{blocked}, waiting for a core included {measured['late_ms']:.0f})",
        ),
        Row(f"memory of that process after {LIVE_S} s", "≤ 350 MB", f"{measured['rss_mb']:.0f} MB"),
    ]


def of_signals() -> Iterable[Row]:
    for measure in (
        signals.digits,
        signals.false_signals,
        signals.lines,
        signals.music,
        signals.pitch,
        signals.tone,
        signals.speakers,
        signals.cost,
    ):
        for row in measure():
            yield Row(*row)


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    arguments.add_argument("--texts", type=Path, default=TEXTS, help="core-sounds-en.txt.gz of asterisk-core-sounds-en")
    options = arguments.parse_args()
    missing = [HOW_TO_GET_TEXTS] if not options.texts.is_file() else []
    if not (prompts("Allison", total_s=1) and prompts("Carlo", total_s=1) and hold_music() and librivox()):
        missing.append(f"Not all of the sounds are installed. To get them:\n  apt-get install {PACKAGES}")
    if missing:
        print(*missing, sep="\n", file=sys.stderr)
        return 1
    began_s = time.monotonic()
    print(Row("", "target", "measured"))
    measures: tuple[Callable[[], Iterable[Row]], ...] = (
        live,
        speech.cost,
        partial(speech.words, options.texts),
        speech.no_words,
        speech.line,
        speech.dialogues,
        of_signals,
    )
    missed = 0
    for measure in measures:
        for row in measure():
            missed += not row.is_met
            print(row, flush=True)
    print(f"{missed} missed; {time.monotonic() - began_s:.0f} s, load average {os.getloadavg()[1]:.1f}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
