"""The windower: a stream of PCM bytes in, windows at exact sample offsets out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sessions_app.audio.pcm import BYTES_PER_SAMPLE, OddPcmLength, samples_from_ms, samples_in

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class PcmWindow:
    """A stretch of the session's sound; `start_sample` counts from the first sample ever received."""

    start_sample: int
    pcm16: bytes

    @property
    def samples(self) -> int:
        return samples_in(self.pcm16)

    @property
    def end_sample(self) -> int:
        return self.start_sample + self.samples


class Windower:
    """Cuts PCM16LE into windows of `window_ms`; only the last one, at `flush`, may be shorter.

    Any chunking of the same bytes gives the same windows.
    """

    def __init__(self, *, window_ms: int, start_sample: int = 0) -> None:
        self._window_bytes = samples_from_ms(window_ms) * BYTES_PER_SAMPLE
        self._start_sample = start_sample
        self._pending = bytearray()

    @property
    def next_sample(self) -> int:
        """The first sample not yet received."""
        return self._start_sample + samples_in(self._pending)

    def push(self, pcm16: bytes) -> Iterator[PcmWindow]:
        """Take `pcm16` at once and yield each window it completes. Raises `OddPcmLength` on half a sample."""
        if len(pcm16) % BYTES_PER_SAMPLE:
            raise OddPcmLength(f"{len(pcm16)} bytes are not a whole number of 16-bit samples")
        self._pending += pcm16
        return self._complete_windows()

    def flush(self) -> PcmWindow | None:
        """Return what is left as one short window, or None when nothing is."""
        return self._take(len(self._pending)) if self._pending else None

    def skip(self, samples: int) -> PcmWindow | None:
        """Move the clock on by `samples` that were never received; return the tail cut off before them."""
        tail = self.flush()
        self._start_sample += samples
        return tail

    def _complete_windows(self) -> Iterator[PcmWindow]:
        while len(self._pending) >= self._window_bytes:
            yield self._take(self._window_bytes)

    def _take(self, size_bytes: int) -> PcmWindow:
        window = PcmWindow(self._start_sample, bytes(self._pending[:size_bytes]))
        del self._pending[:size_bytes]
        self._start_sample = window.end_sample
        return window
