"""A recorded menu, guessed from what it says: the recordings are of human voices, so sound cannot tell."""

from __future__ import annotations

import re

from sessions_app.engine.observation import Observation

MOST_CONFIDENT = 0.6  # people quote menus, too
ONE_PHRASE = 0.45

_NUMBER = r"(?:\d|one|two|three|four|five|six|seven|eight|nine|zero|star|pound|hash)"
_PHRASES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b(?:press|dial|push|enter)\s+(?:the\s+)?{_NUMBER}\b",
        r"\byour (?:call|business) is (?:very )?important\b",
        r"\b(?:this|your|all) calls? (?:may|will|might|are|is) (?:be |being )?(?:recorded|monitored)\b",
        r"\b(?:listen carefully|menu options|main menu|following (?:options|menu))\b",
        r"\b(?:please )?(?:stay|remain) on the line\b",
        r"\b(?:all )?(?:our |of our )?(?:agents|representatives|operators|advisors) are (?:currently )?"
        r"(?:busy|assisting|helping)\b",
        r"\bestimated (?:wait|hold|waiting) time\b|\bnumber \w+ in (?:the|line|our) ?queue\b",
        r"\bleave (?:a|your) message after the (?:tone|beep)\b|\bat the tone\b",
        r"\b(?:please )?enter your (?:\w+ ){0,3}(?:number|code|pin)\b|\bfollowed by the (?:pound|hash)\b",
        r"\bplease hold (?:while|for)\b|\bnot a valid (?:extension|option|entry)\b",
    )
)


def recorded_menu(text: str, start_ms: int, end_ms: int, *, speaker_id: str) -> Observation | None:
    """Return a `speaker` observation `ivr_synth` when `text` speaks like a recorded menu, None when it does not.

    Confidence is modest, 0.45 for one phrase and 0.6 for two, and the evidence says that only the words were
    judged. English only.
    """
    found = [match.group(0) for match in (phrase.search(text) for phrase in _PHRASES) if match]
    if not found:
        return None
    return Observation(
        kind="speaker",
        label="ivr_synth",
        start_ms=start_ms,
        end_ms=end_ms,
        confidence=ONE_PHRASE if len(found) == 1 else MOST_CONFIDENT,
        speaker_id=speaker_id,
        evidence={"from": "the words", "summary": f"it says “{found[0].lower()}”"},
    )
