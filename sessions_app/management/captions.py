"""A session's events as lines for a terminal, and the bar that shows how far a file has come."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from sessions_app.annotation.bands import Band
from sessions_app.annotation.elcor import with_elcor
from sessions_app.lines import timecode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TONE_WAIT_S = 1.2  # a tone is judged with the window in which its words end, or with the one after
TONES_KEPT = 30
BAR_WIDTH = 30
UNKNOWN_SPEAKERS = frozenset({"", "speaker_a"})


@dataclass(frozen=True, slots=True)
class Stretch:
    """Words or a tone, and when."""

    start_ms: int
    end_ms: int
    text: str
    band: str = ""
    speaker: str = ""
    simulated: bool = False


class Captions:
    """Writes one line for each thing said, with the tone that covers most of it, and for what the line does."""

    def __init__(
        self, write: Callable[[str], None], *, elcor: bool = False, clock_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.gap_ms = 0
        self._write = write
        self._elcor = elcor
        self._clock_s = clock_s
        self._words: Stretch | None = None  # they wait a moment for their tone
        self._since_s = 0.0
        self._tones: list[Stretch] = []

    def tell(self, event: Mapping[str, object]) -> None:
        """Take an event as docs/protocol.md spells it."""
        start_ms, end_ms = int(str(event["start_ms"])), int(str(event["end_ms"]))
        simulated = event.get("simulated") is True
        match event.get("event_type"):
            case "tone":
                tone = Stretch(start_ms, end_ms, str(event.get("label")), band=str(event.get("band")))
                self._tones = [*self._tones[1 - TONES_KEPT :], tone]
            case "transcript":
                self.flush()
                speaker = str(event.get("speaker_id") or "")
                words = str(event.get("text"))
                self._words = Stretch(start_ms, end_ms, words, speaker=speaker, simulated=simulated)
                self._since_s = self._clock_s()
            case "gap":
                self.gap_ms += end_ms - start_ms
                self._say(start_ms, f"[{event.get('text')}]")
            case "queue":
                self._say(start_ms, f"[{str(event.get('label')).replace('_', ' ')}]", simulated=simulated)

    def tick(self) -> None:
        """Write the words that have waited for a tone long enough; to be called now and then."""
        if self._words is not None and self._clock_s() - self._since_s >= TONE_WAIT_S:
            self.flush()

    def flush(self) -> None:
        """Write the words that still wait."""
        words, self._words = self._words, None
        if words is None:
            return
        name = "" if words.speaker in UNKNOWN_SPEAKERS else f"{words.speaker}: "
        self._write(f"{_stamp(words)} {name}{self._with_tone(words, self._tone_of(words))}")

    def _say(self, start_ms: int, text: str, *, simulated: bool = False) -> None:
        self.flush()
        self._write(f"{_stamp(Stretch(start_ms, start_ms, text, simulated=simulated))} {text}")

    def _tone_of(self, words: Stretch) -> Stretch | None:
        covering = [tone for tone in self._tones if _overlap_ms(words, tone) > 0]
        return max(covering, key=lambda tone: _overlap_ms(words, tone), default=None)

    def _with_tone(self, words: Stretch, tone: Stretch | None) -> str:
        if tone is None:
            return words.text
        if self._elcor:
            return with_elcor(words.text, tone.text, tone.band)
        if tone.band == Band.UNCLEAR:
            return f"{words.text}  (tone unclear)"
        return f"{words.text}  (sounds {tone.text.lower()}, {tone.band})"


class ProgressBar:
    """One line that is drawn over itself. Draws nothing where nobody looks: a file, a pipe."""

    def __init__(self, stream: TextIO, *, total_s: float) -> None:
        self._stream = stream if stream.isatty() else None
        self._total_s = total_s

    def draw(self, done_s: float) -> None:
        filled = round(BAR_WIDTH * min(1.0, done_s / self._total_s))
        times = f"{timecode(round(done_s * 1000))} of {timecode(round(self._total_s * 1000))}"
        self._put(f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {times}")

    def erase(self) -> None:
        self._put("")

    def _put(self, text: str) -> None:
        if self._stream is not None:
            self._stream.write(f"\r\x1b[K{text}")  # ECMA-48 EL: the rest of the old line goes
            self._stream.flush()


def _stamp(stretch: Stretch) -> str:
    return f"{timecode(stretch.start_ms)}{' SIMULATED' if stretch.simulated else ''}"


def _overlap_ms(one: Stretch, other: Stretch) -> int:
    return min(one.end_ms, other.end_ms) - max(one.start_ms, other.start_ms)
