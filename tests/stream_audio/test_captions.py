"""What the command line shows: words with their tone, gaps, progress."""

from __future__ import annotations

import io

import pytest

from sessions_app.management.captions import Captions, ProgressBar
from sessions_app.management.commands.stream_audio import frames_of


def transcript(text, start_ms=3_000, end_ms=5_000, **fields):
    return {"event_type": "transcript", "text": text, "start_ms": start_ms, "end_ms": end_ms} | fields


def tone(label, band, start_ms=3_000, end_ms=5_000):
    return {"event_type": "tone", "label": label, "band": band, "start_ms": start_ms, "end_ms": end_ms}


class TestCaptions:
    def written(self, *events, **options):
        lines = []
        captions = Captions(lines.append, **options)
        for event in events:
            captions.tell(event)
        captions.flush()
        return lines

    @pytest.mark.parametrize("is_tone_first", [True, False])
    def test_words_stand_with_their_tone_whichever_came_first(self, is_tone_first):
        events = [transcript("Good morning.", speaker_id="Speaker A"), tone("Calm and steady", "maybe")]

        lines = self.written(*(reversed(events) if is_tone_first else events))

        assert lines == ["0:03 Speaker A: Good morning.  (sounds calm and steady, maybe)"]

    def test_the_tone_that_covers_most_of_the_words_counts(self):
        tones = [tone("Warm", "clear", 0, 3_500), tone("Flat", "clear", 3_500, 5_000)]

        assert self.written(*tones, transcript("Yes."))[0] == "0:03 Yes.  (sounds flat, clear)"

    def test_an_unclear_tone_is_said_to_be_unclear(self):
        assert self.written(transcript("Yes."), tone("Unclear", "unclear")) == ["0:03 Yes.  (tone unclear)"]

    def test_elcor_says_the_tone_first(self):
        lines = self.written(transcript("Yes."), tone("Apologetic", "maybe"), elcor=True)

        assert lines == ["0:03 [Maybe apologetic] Yes."]

    def test_gaps_and_what_the_line_does_are_told(self):
        gap = {"event_type": "gap", "text": "4.1 s not captioned: …", "start_ms": 61_000, "end_ms": 65_100}
        queue = {"event_type": "queue", "label": "hold_music", "start_ms": 66_000, "end_ms": 67_000}

        assert self.written(gap, queue) == ["1:01 [4.1 s not captioned: …]", "1:06 [hold music]"]

    def test_what_is_simulated_says_so(self):
        assert self.written(transcript("Yes.", simulated=True)) == ["0:03 SIMULATED Yes."]

    def test_words_wait_for_their_tone_but_not_long(self):
        now_s, lines = [100.0], []
        captions = Captions(lines.append, clock_s=lambda: now_s[0])
        captions.tell(transcript("Yes."))

        captions.tick()
        waited = list(lines)
        now_s[0] += 2
        captions.tick()

        assert (waited, lines) == ([], ["0:03 Yes."])


def test_the_progress_bar_is_only_for_terminals():
    terminal, file = io.StringIO(), io.StringIO()
    terminal.isatty = lambda: True

    for stream in (terminal, file):
        ProgressBar(stream, total_s=60).draw(30)

    assert "0:30 of 1:00" in terminal.getvalue()
    assert file.getvalue() == ""


def test_between_two_files_there_is_a_second_of_silence():
    sound = b"\1\0" * 2_000

    frames = list(frames_of([sound, sound]))

    assert b"".join(frames) == sound + bytes(2 * 16_000) + sound
    assert max(map(len, frames)) == 3_200
