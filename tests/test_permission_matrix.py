"""Who may do what: every address of `tests.routes` × everybody. A new route without a row fails here."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from sessions_app import editing, recording, sharing
from sessions_app.annotation.events import Kind, SessionEvent
from sessions_app.models import Note, Scope
from sessions_app.sharing import Lifetime
from tests import routes
from tests.conftest import logged_in
from tests.sockets import microphone_of, view_of
from tests.test_recording import words

IN_ONE = pytest.mark.django_db
DATABASE_OF = {"session_stream": pytest.mark.django_db(transaction=True)}  # it reads in threads of its own
OWNER_LAST = sorted(routes.PEOPLE, key="owner".__eq__)  # who may, changes things


@pytest.fixture
def said(voice_session, alice):
    tone = SessionEvent(kind=Kind.TONE, start_ms=0, end_ms=900, label="Calm", speaker="Speaker A")
    recording.append(voice_session.pk, [words(), words(speaker="Speaker B"), tone])
    editing.add_note(voice_session, author=alice, text="a note")
    return voice_session


@pytest.fixture
def browsers(said, alice, bob, stella):
    """A browser for each of the people."""
    sharee, revoked = Client(), Client()
    for browser in (sharee, revoked):
        share, token = sharing.make(said, name="Ann", scope=Scope.NOTES, lifetime=Lifetime.DAY)
        browser.get(reverse("shared", args=[token]))
    sharing.revoke(sharing.of_session(said).filter(pk=share.pk))
    return {
        "anonymous": Client(),
        "other": logged_in(bob),
        "owner": logged_in(alice),
        "sharee": sharee,
        "revoked": revoked,
        "staff": logged_in(stella),
    }


ACCOUNTS = {
    name: route for name, route in routes.all_routes().items() if name.startswith(("account_", "mfa_", "usersessions_"))
}
ADMIN = {name: route for name, route in routes.all_routes().items() if name.startswith("admin:")}


def address_of(name, said):
    known = {
        "session_id": said.pk,
        "seq": 3 if name == "session_tone_feedback" else 1,
        "note_id": Note.objects.get().pk,
        "share_id": said.shares.latest("created_at").pk,
        "fmt": "txt",
        "token": "of-nobody",
    }
    wanted = routes.own_routes()[name].pattern.converters
    return reverse(name, kwargs={field: known[field] for field in wanted})


def use(browser, row, address):
    return browser.post(address, row.fields) if row.method == "POST" else browser.get(address)


def outcome(answer):
    if answer.status_code == 401 or answer.get("Location", "").startswith(reverse("account_login")):
        return "login"
    return {404: "absent", 403: "forbidden", 405: "wrong method"}.get(
        answer.status_code, "in" if answer.status_code < 400 or answer.status_code == 503 else answer.status_code
    )


def test_every_route_has_a_row_and_every_row_a_route():
    assert routes.ROWS.keys() == routes.own_routes().keys()
    assert [f"ws/sessions/<uuid:session_id>/{kind}/" for kind in routes.SOCKETS] == routes.sockets()


def test_nothing_is_served_beside_them_but_accounts_and_the_admin():
    others = routes.all_routes().keys() - routes.own_routes().keys() - ADMIN.keys() - ACCOUNTS.keys()

    assert others == set()


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=DATABASE_OF.get(name, IN_ONE)) for name in sorted(routes.ROWS)]
)
def test_everybody_meets_what_they_should(browsers, said, name):
    row = routes.ROWS[name]
    address = address_of(name, said)

    met = {person: outcome(use(browsers[person], row, address)) for person in OWNER_LAST}

    assert met == dict(zip(routes.PEOPLE, row.rule, strict=True))


@pytest.mark.parametrize("name", sorted(name for name, row in routes.ROWS.items() if row.method == "POST"))
@pytest.mark.django_db
def test_nothing_is_changed_by_looking(browsers, said, name):
    assert outcome(browsers["owner"].get(address_of(name, said))) in {"wrong method", "in"}


@pytest.mark.parametrize("name", sorted(ACCOUNTS.keys() - routes.ENTRANCE))
@pytest.mark.parametrize("person", ["anonymous", "sharee", "revoked"])
@pytest.mark.django_db
def test_pages_of_an_account_ask_for_a_login(browsers, person, name):
    address = reverse(name, args=[1] if name in {"mfa_edit_webauthn", "mfa_remove_webauthn"} else [])

    assert {outcome(browsers[person].get(address)), outcome(browsers[person].post(address))} == {"login"}


@pytest.mark.parametrize("name", sorted(name for name in ADMIN if "<" not in name))
@pytest.mark.django_db
def test_the_admin_lets_nobody_in_but_staff(browsers, said, name):
    known = {"session_id": said.pk, "app_label": "sessions_app"}
    address = reverse(name, kwargs={field: known.get(field, "1") for field in ADMIN[name].pattern.regex.groupindex})

    for person in ("anonymous", "other", "owner", "sharee", "revoked"):
        answer = browsers[person].get(address)
        assert answer.status_code in {302, 403, 404} or name == "admin:login", person


@pytest.mark.parametrize("kind", routes.SOCKETS)
@pytest.mark.parametrize("person", routes.PEOPLE)
@pytest.mark.django_db(transaction=True)
async def test_sockets_open_for_whom_they_should(browsers, said, kind, person):
    open_socket = microphone_of if kind == "audio" else view_of

    async with open_socket(browsers[person].cookies, said) as socket:
        if socket is None:
            met = "refused"
        else:
            first = await socket.next()
            met = {"ready": "in", "snapshot": "in"}.get(first["type"]) or {"session_not_found": "absent"}[first["code"]]

    assert met == dict(zip(routes.PEOPLE, routes.SOCKETS[kind], strict=True))[person]
