from __future__ import annotations

import json
import re

from playwright.sync_api import expect

from tests.browser.conftest import captions, start

SPEECH_S = 20_000  # ms: three scripted windows and a slow machine


def seqs(page):
    return page.locator(".line[data-seq]").evaluate_all("lines => lines.map(line => Number(line.dataset.seq))")


def send(page, *messages):
    """Let the feed of `page` hear `messages` as if the server had sent them."""
    page.evaluate(
        """messages => {
            const { feed } = document.querySelector("linnet-live");
            for (const [type, detail] of messages) feed.dispatchEvent(new CustomEvent(type, { detail }));
        }""",
        [list(message) for message in messages],
    )


def spoken(seq, text, **more):
    event = {"event_type": "transcript", "seq": seq, "text": text, "speaker_id": "Speaker A", "utterance_id": f"x{seq}"}
    return "event", event | {"start_ms": seq * 1000, "end_ms": seq * 1000 + 900, "confidence": 0.9} | more


def test_captions_appear_on_two_pages_at_once(device_of_alice):
    speaking, watching = device_of_alice(), device_of_alice()
    address = start(speaking)
    watching.goto(address)

    expect(captions(speaking).first).to_contain_text("Thank you for holding", timeout=SPEECH_S)
    expect(captions(watching).first).to_contain_text("Thank you for holding", timeout=2_000)
    expect(captions(watching).first).to_contain_text("sounds calm and steady")


def test_the_meter_proves_that_the_microphone_hears(page):
    start(page)

    level = page.wait_for_function(
        """() => {
            const level = Number(document.querySelector("[data-part=level]").style.getPropertyValue("--level"));
            return level > 0.2 && level;
        }"""
    ).json_value()
    assert 0.2 < level <= 1
    expect(page.locator("[data-part=meter]")).to_be_visible()


def test_ending_writes_the_last_words_down_and_leads_to_the_debrief(page):
    start(page, "The landlord")
    expect(captions(page).first).to_be_visible(timeout=SPEECH_S)

    page.get_by_role("button", name="End session").click()

    expect(page.get_by_role("heading", name="What was said")).to_be_visible(timeout=SPEECH_S)
    expect(page.locator(".facts")).to_contain_text("nothing is missing")


def test_a_second_device_watches_with_its_microphone_off(device_of_alice):
    speaking, watching = device_of_alice(), device_of_alice()
    address = start(speaking)
    expect(speaking.locator("linnet-status")).to_contain_text("Listening")

    watching.goto(address)

    expect(watching.locator("linnet-status")).to_contain_text("On another device")
    expect(watching.get_by_role("button", name="Use this device's microphone")).to_be_visible()


def test_the_microphone_moves_to_the_device_that_asks_for_it(device_of_alice):
    first, second = device_of_alice(), device_of_alice()
    second.goto(start(first))
    second.get_by_role("button", name="Use this device's microphone").click()

    expect(first.get_by_role("alert")).to_contain_text("Another device's microphone is used")
    expect(second.get_by_role("button", name="Mute")).to_be_visible()


def test_a_reload_goes_on_listening(page):
    start(page)
    expect(page.get_by_role("button", name="Mute")).to_be_visible()

    page.reload()

    expect(page.locator("linnet-status")).to_contain_text("Listening")
    expect(page.get_by_role("button", name="Mute")).to_be_visible()


def test_a_dropped_view_comes_back_with_every_line_once(page):
    drops = []

    def drop_once(socket):
        server = socket.connect_to_server()

        def pass_on(message):
            socket.send(message)
            if not drops and '"transcript"' in str(message):
                drops.append(message)
                socket.close(code=1012, reason="the proxy restarts")

        server.on_message(pass_on)

    page.route_web_socket(re.compile("/live/"), drop_once)
    start(page)

    expect(captions(page)).to_have_count(3, timeout=2 * SPEECH_S)
    assert drops
    assert seqs(page) == sorted(set(seqs(page)))


def test_a_dropped_microphone_loses_no_sound(page):
    sockets = []

    def pass_through(socket):
        server = socket.connect_to_server()
        sockets.append((socket, server))

    page.route_web_socket(re.compile("/audio/"), pass_through)
    start(page)
    expect(captions(page).first).to_be_visible(timeout=SPEECH_S)

    socket, server = sockets[0]
    server.close(code=1000)
    socket.close(code=1012)
    expect(captions(page)).to_have_count(4, timeout=2 * SPEECH_S)
    page.get_by_role("button", name="End session").click()

    expect(page.locator(".facts")).to_contain_text("nothing is missing", timeout=SPEECH_S)
    assert len(sockets) == 2


def test_muting_says_so_and_unmuting_goes_on(page):
    start(page)
    page.get_by_role("button", name="Mute").click()
    expect(page.locator("linnet-status")).to_contain_text("Muted")

    page.get_by_role("button", name="Unmute").click()

    expect(page.locator("linnet-status")).to_contain_text("Listening")


def test_a_refused_microphone_is_explained_in_steps(device_of_alice):
    page = device_of_alice(permissions=())

    start(page)

    expect(page.get_by_role("alert").get_by_role("listitem")).to_have_count(3)
    expect(page.get_by_role("button", name="Start microphone")).to_be_visible()


def test_made_up_captions_are_marked_and_stay_marked(page):
    start(page)

    expect(page.locator(".notice.simulated")).to_be_visible(timeout=SPEECH_S)
    page.reload()
    expect(page.locator(".notice.simulated")).to_be_visible()


def test_a_gap_is_a_line_that_everybody_sees(page):
    start(page)
    gap = {"event_type": "gap", "seq": 900, "start_ms": 0, "end_ms": 4100, "text": "4.1 s not captioned: connection"}

    send(page, ("event", gap))

    expect(page.locator(".line[data-kind=gap]")).to_contain_text("4.1 s not captioned")


def test_a_partial_becomes_its_final_in_one_place(device_of_alice):
    page = device_of_alice(permissions=())
    start(page)
    partial = {"utterance_id": "x7", "speaker_id": "Speaker A", "start_ms": 0, "end_ms": 900}
    send(page, ("partial", partial | {"text": "I would like two"}))
    send(page, ("partial", partial | {"text": "I would like to speak"}))
    expect(page.locator(".line[data-kind=partial]")).to_contain_text("I would like to speak")

    send(page, spoken(7, "I would like to speak to a person."))

    expect(page.locator(".line")).to_have_count(1)
    expect(captions(page)).to_contain_text("I would like to speak to a person.")


def test_words_with_markup_stay_words(device_of_alice):
    page = device_of_alice(permissions=())
    start(page)

    send(page, spoken(1, "<img src=x onerror=alert(1)><b>bold</b>"))

    expect(captions(page)).to_contain_text("<b>bold</b>")
    assert captions(page).locator("b, img").count() == 0


def test_a_reader_who_scrolls_back_is_left_in_peace(device_of_alice):
    page = device_of_alice(permissions=())
    start(page)
    send(page, *[spoken(seq, f"Line {seq}") for seq in range(1, 60)])
    expect(page.get_by_text("Line 59")).to_be_in_viewport()
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -1500)
    jump = page.get_by_role("button", name="Jump to live")
    expect(jump).to_be_visible()
    before_px = page.evaluate("scrollY")

    send(page, *[spoken(seq, f"Line {seq}") for seq in range(60, 63)])

    expect(jump).to_have_text("Jump to live (3 new)")
    assert page.evaluate("scrollY") == before_px
    jump.click()
    expect(page.get_by_text("Line 62")).to_be_in_viewport()


def test_scrolling_back_among_lines_that_were_never_laid_out_is_not_undone(device_of_alice):
    page = device_of_alice(permissions=())
    start(page)
    long_words = "so it goes on " * 30
    send(page, *[spoken(seq, f"Line {seq} {long_words if seq % 3 else ''}") for seq in range(1, 1_000)])
    expect(page.get_by_text("Line 999 ")).to_be_in_viewport()
    page.mouse.move(300, 300)
    page.mouse.wheel(0, -700)
    expect(page.get_by_role("button", name="Jump to live")).to_be_visible()

    for seq in range(1_000, 1_010):
        page.mouse.wheel(0, -700)
        send(page, spoken(seq, f"Line {seq}"))

    expect(page.get_by_role("button", name="Jump to live (10 new)")).to_be_visible()
    expect(page.get_by_text("Line 1009")).not_to_be_in_viewport()


def test_announcements_are_off_until_the_reader_wants_them(device_of_alice):
    page = device_of_alice(permissions=())
    start(page)
    region = page.locator("[data-part=announcements]")
    send(page, spoken(1, "Nobody asked for this."))
    page.wait_for_timeout(2_500)
    expect(region).to_be_empty()

    page.get_by_text("Display").click()
    page.get_by_label("Announce captions to my screen reader").check()
    send(page, spoken(2, "Hello."), spoken(3, "How are you?"))

    expect(region).to_have_text("Speaker A: Hello. Speaker A: How are you?", timeout=4_000)


def test_each_reader_chooses_whether_the_tone_is_said_first(device_of_alice):
    page = device_of_alice(permissions=())
    start(page)
    tone = {"event_type": "tone", "seq": 2, "label": "Apologetic", "affect": "apologetic", "band": "clear"}
    span = {"start_ms": 1000, "end_ms": 1900, "confidence": 0.8, "speaker_id": "Speaker A"}
    send(page, spoken(1, "I'm sorry."), ("event", tone | span))
    prefix = page.get_by_text("[Apologetic]", exact=True)
    expect(prefix).to_be_hidden()

    page.get_by_text("Display").click()
    page.get_by_label("Tone before the words").select_option("on")

    expect(prefix).to_be_visible()


def test_ten_thousand_lines_do_not_freeze_the_page(device_of_alice):
    page = device_of_alice(permissions=())
    start(page)
    lines = [spoken(seq, f"Line number {seq} of a very long call.") for seq in range(1, 10_001)]

    took_ms = page.evaluate(
        """messages => new Promise((done) => {
            const { feed } = document.querySelector("linnet-live");
            const began_ms = performance.now();
            for (const [type, detail] of messages) feed.dispatchEvent(new CustomEvent(type, { detail }));
            requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began_ms)));
        })""",
        json.loads(json.dumps(lines)),
    )

    expect(page.get_by_text("Line number 10000 of")).to_be_in_viewport()
    assert took_ms < 5_000


def test_when_the_session_ends_elsewhere_the_page_leads_on(device_of_alice):
    here, elsewhere = device_of_alice(permissions=()), device_of_alice(permissions=())
    address = start(here)
    elsewhere.goto(address)

    elsewhere.get_by_role("button", name="End session").click()

    expect(here.locator("linnet-status")).to_contain_text("Ended")
    here.get_by_role("link", name="Read what was said").click()
    expect(here.get_by_role("heading", name="What was said")).to_be_visible()
