"""A conversation for pages: what the server would send, said to the page's own feed."""

from __future__ import annotations

TALK = [
    ("Speaker A", "Good morning, this is the clinic, how can I help you?", "Warm", "warm", "clear"),
    ("Speaker B", "I have been waiting for a letter about my appointment for three weeks now.", "Tense", "frustrated",
     "maybe"),
    ("Speaker A", "I am sorry to hear that. Let me see what I can find out for you.", "Apologetic", "apologetic",
     "clear"),
    ("Speaker B", "Thank you.", "Unclear", "neutral", "unclear"),
]  # fmt: skip


def events(count):
    """Return `count` lines with their tones, a gap among them, as live messages."""
    messages = []
    for number in range(count):
        speaker, words, label, affect, band = TALK[number % len(TALK)]
        span = {"speaker_id": speaker, "start_ms": number * 4000, "end_ms": number * 4000 + 3500}
        seq = 10_000 + number * 2
        spoken = {"event_type": "transcript", "seq": seq, "text": words, "utterance_id": f"t{number}"}
        tone = {"event_type": "tone", "seq": seq + 1, "label": label, "affect": affect, "band": band}
        messages += [spoken | span | {"confidence": 0.9}, tone | span | {"confidence": 0.7}]
    if count > 2:
        gap = {"event_type": "gap", "seq": 20_000, "start_ms": 9_000, "end_ms": 13_100}
        messages.insert(4, gap | {"text": "4.1 s not captioned: connection"})
    return messages


def tell(page, type_, *details):
    page.evaluate(
        """([type, details]) => {
            const { feed } = document.querySelector("linnet-live");
            for (const detail of details) feed.dispatchEvent(new CustomEvent(type, { detail }));
        }""",
        [type_, list(details)],
    )


def say_many(page, count):
    tell(page, "event", *events(count))
    page.wait_for_timeout(150)


def raise_alert(page):
    """A person picks up, now."""
    page.evaluate(
        """() => {
            const { feed, clock } = document.querySelector("linnet-live");
            const detail = { kind: "human_picked_up", at_ms: clock.at(performance.now()) };
            feed.dispatchEvent(new CustomEvent("alert", { detail }));
        }"""
    )
