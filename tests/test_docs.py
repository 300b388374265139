"""The documentation names everything that it has to."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path

import pytest

from sessions_app.annotation.events import GapCause, Kind
from sessions_app.live import messages
from sessions_app.live.messages import CloseCode, ErrorCode
from tests.routes import ROWS, WATCHERS, own_routes

ROOT = Path(__file__).resolve().parent.parent
PROTOCOL = (ROOT / "docs/protocol.md").read_text()
SETTINGS_PAGE = (ROOT / "docs/settings.md").read_text()
READERS = {
    "str",
    "list",
    "db",
    "email",
    "positive",
    "whole",
    "boolean",
    "service_url",
    "networks",
}  # each takes the name first


def calls_of(source: str):
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]


def name_called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def first_text(call: ast.Call) -> str | None:
    first = call.args[0] if call.args else None
    return first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else None


def said_by_the_server() -> set[str]:
    calls = calls_of(inspect.getsource(messages))
    return {first_text(call) for call in calls if name_called(call) == "_frame"} - {None}


def understood_by_the_server() -> set[str]:
    patterns = ast.walk(ast.parse(inspect.getsource(messages)))
    return {
        node.value.value
        for node in patterns
        if isinstance(node, ast.MatchValue) and isinstance(node.value, ast.Constant)
    }


def read_from_the_environment() -> set[str]:
    calls = calls_of((ROOT / "linnet_site/settings.py").read_text())
    names = {first_text(call) for call in calls if name_called(call) in READERS} - {None}
    return {name for name in names if name.isupper()}


def test_the_sources_are_understood():
    assert {"ready", "ack", "bye", "pong"} <= said_by_the_server()
    assert {"configure", "gap", "close", "replay", "ping"} <= understood_by_the_server()
    assert {"DEBUG", "DATABASE_URL", "EMAIL_URL", "LINNET_MAX_VIEWERS_PER_USER"} <= read_from_the_environment()


@pytest.mark.parametrize("type_", sorted(said_by_the_server() | understood_by_the_server()))
def test_every_message_is_described(type_):
    assert re.search(rf"^\|[^|]*`{type_}`", PROTOCOL, re.MULTILINE) or f"`{type_}`" in PROTOCOL


@pytest.mark.parametrize("code", list(ErrorCode))
def test_every_error_is_described(code):
    assert f"| `{code}` |" in PROTOCOL


@pytest.mark.parametrize("code", list(CloseCode))
def test_every_close_code_is_described(code):
    assert f"\n| {int(code)} |" in PROTOCOL


@pytest.mark.parametrize("kind", list(Kind))
def test_every_event_is_described(kind):
    assert f"\n| `{kind}` |" in PROTOCOL


def test_every_cause_of_a_gap_is_described():
    (causes,) = re.findall(r"`cause` \(`([a-z_ ]+)`\)", PROTOCOL)

    assert set(causes.split()) == set(GapCause)


@pytest.mark.parametrize("name", sorted(name for name, row in ROWS.items() if row.rule == WATCHERS))
def test_it_says_what_a_trusted_viewer_may_read(name):
    (paragraph,) = re.findall(r"^A trusted viewer reads .*?\n\n", PROTOCOL, re.MULTILINE | re.DOTALL)
    address = str(own_routes()[name].pattern).removeprefix("sessions/<uuid:session_id>")

    assert f"`{address}`" in paragraph or name == "session"


@pytest.mark.parametrize("name", sorted(read_from_the_environment()))
def test_every_setting_is_described(name):
    assert f"\n| `{name}` |" in SETTINGS_PAGE


def test_no_setting_is_described_that_does_not_exist():
    described = set(re.findall(r"^\| `([A-Z_]+)` \|", SETTINGS_PAGE, re.MULTILINE))

    assert described == read_from_the_environment()


@pytest.mark.parametrize("path", [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md"))], ids=lambda path: path.name)
def test_links_between_pages_lead_somewhere(path):
    text = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not link.startswith(("http:", "https:"))]
    headings = [heading.lower() for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)]
    anchors = {re.sub(r"[^\w\- ]", "", heading).strip().replace(" ", "-") for heading in headings}

    for link in links:
        target, _, anchor = link.partition("#")
        assert not target or (path.parent / target).exists(), link
        assert target or anchor in anchors, link
