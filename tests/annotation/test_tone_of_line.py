"""Which tone belongs to which line; `tests/js` puts the live page's half of the rule to the same cases."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from sessions_app.annotation.tone_of_line import ToneMatcher

CASES = json.loads((Path(__file__).parent.parent / "tone_of_line.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_the_rule(case):
    matcher, found, number = ToneMatcher(), {}, None

    for fields in case["events"]:
        event = SimpleNamespace(**fields, speaker=fields["speaker_id"])
        if "seq" in fields:
            matcher.take_words(event)
            number = str(event.seq)
        else:
            matcher.take_tone(event)
        if number:
            found[number] = matcher.tone.label if matcher.tone else None

    assert found == case["tones"]
