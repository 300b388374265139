"""Everything of one person as a zip, written while it is sent: no more of it is in memory than one piece."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import Model
from django.utils import timezone

from sessions_app import exports
from sessions_app.models import Profile, Revision, Share, ToneFeedback, VoiceSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.contrib.auth.models import User
    from django.db.models import QuerySet

Row = TypeVar("Row", bound=Model)

PIECE_BYTES = 64 * 1024
CHUNK_ROWS = 500

README = """\
What Linnet keeps of you.

README.txt           this page
account.json         your account with its email addresses, and what you chose
logins.json          where you are logged in: since when, from which address, with which browser
second_factors.json  what you log in with besides your password
feedback.json        what you said about tones
sessions/            a folder for each session: transcript.txt to read; session.json with every event and your notes;
                     changes.json with what was corrected, the original beside the correction; links.json with whom
                     you let watch, and when they did (the last 500 times); keeping.json with how long it is kept, if
                     you chose that for this session

Sound is never stored, so there is none.

Not in it:
- your password and the keys of your second factors. Linnet has your password only in a form that nobody can read
  back, and whoever found this file could use the others.
- sessions that you have deleted and could still have back for some minutes.
- notes that you whispered into other people's sessions. They belong to those sessions, and Linnet does not know that
  they are yours.
- what staff did: when they ended or forgot a session, or read it for a reason that they gave. The page of a session
  says when staff read what was said.
"""


def everything_of(user: User) -> Iterator[bytes]:
    """Yield the zip piece by piece."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, chunks in _files(user):
            with archive.open(_entry(name), "w") as file:
                for chunk in chunks:
                    file.write(chunk)
                    if sink.size >= PIECE_BYTES:
                        yield sink.take()
    yield sink.take()


class _Sink(io.RawIOBase):
    """Where the archive writes to: cannot go back, and is emptied again and again."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # zipfile hands over bytes
        self._pieces.append(bytes(data))
        self.size += len(data)
        return len(data)

    def take(self) -> bytes:
        whole = b"".join(self._pieces)
        self._pieces, self.size = [], 0
        return whole


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, date_time=timezone.now().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _files(user: User) -> Iterator[tuple[str, Iterable[bytes]]]:
    yield "README.txt", [README.encode()]
    yield "account.json", [_json(_account(user))]
    yield "logins.json", _listed(UserSession.objects.filter(user=user), _login)
    yield "second_factors.json", _listed(Authenticator.objects.filter(user=user), _second_factor)
    yield "feedback.json", _listed(ToneFeedback.objects.filter(user=user), _feedback)
    for voice_session in _sessions(user):
        folder = f"sessions/{voice_session.created_at:%Y-%m-%d}-{voice_session.pk}"
        with_notes = exports.Options(notes=True)
        yield f"{folder}/session.json", _encoded(exports.as_json(voice_session, with_notes))
        yield f"{folder}/transcript.txt", _encoded(exports.as_text(voice_session, with_notes))
        changes = Revision.objects.filter(session=voice_session)
        yield f"{folder}/changes.json", _listed(changes, _change)
        yield f"{folder}/links.json", _listed(Share.objects.filter(session=voice_session), _link)
        yield f"{folder}/keeping.json", [_json(_keeping(voice_session))]


def _sessions(user: User) -> Iterator[VoiceSession]:
    """Yield the person's sessions in short queries: the download may take long, and no cursor stays open meanwhile."""
    mine = VoiceSession.objects.visible_to(user).order_by("pk")
    chunk = list(mine[:CHUNK_ROWS])
    while chunk:
        yield from chunk
        chunk = list(mine.filter(pk__gt=chunk[-1].pk)[:CHUNK_ROWS])


def _listed(rows: QuerySet[Row], wire: Callable[[Row], dict[str, object]]) -> Iterator[bytes]:
    """Yield a JSON list of all `rows`, in the order of their keys."""
    separator, last = b"[\n", 0
    while chunk := list(rows.filter(pk__gt=last).order_by("pk")[:CHUNK_ROWS]):
        for row in chunk:
            yield separator + orjson.dumps(wire(row))
            separator = b",\n"
        last = chunk[-1].pk
    yield b"[]\n" if last == 0 else b"\n]\n"


def _encoded(chunks: Iterable[str]) -> Iterator[bytes]:
    return (chunk.encode() for chunk in chunks)


def _json(fields: dict[str, object]) -> bytes:
    return orjson.dumps(fields, option=orjson.OPT_INDENT_2) + b"\n"


def _account(user: User) -> dict[str, object]:
    profile = Profile.objects.filter(user=user).first()
    chosen: dict[str, object] = {}
    if profile is not None:
        chosen = {
            "look": profile.look,
            "keep_days": profile.keep_days,
            "shares_feedback": profile.shares_feedback,
        }
    return {
        "username": user.get_username(),
        "email": user.email,
        "addresses": list(EmailAddress.objects.filter(user=user).values("email", "primary", "verified")),
        "first_name": user.first_name,
        "last_name": user.last_name,
        "joined_at": user.date_joined,
        "last_login_at": user.last_login,
        **chosen,
    }


def _login(row: Any) -> dict[str, object]:
    return {"since": row.created_at, "last_seen_at": row.last_seen_at, "address": row.ip, "browser": row.user_agent}


def _second_factor(row: Any) -> dict[str, object]:
    return {
        "type": row.type,
        "name": row.data.get("name", "") if row.type == Authenticator.Type.WEBAUTHN else "",
        "created_at": row.created_at,
        "last_used_at": row.last_used_at,
    }


def _keeping(voice_session: VoiceSession) -> dict[str, object]:
    return {"keep_until": voice_session.keep_until, "forget_at_end": voice_session.forget_at_end}


def _feedback(row: ToneFeedback) -> dict[str, object]:
    return {
        "session_id": str(row.session_id),
        "seq": row.seq,
        "label": row.label,
        "verdict": row.verdict,
        "heard_as": row.heard_as,
        "is_shared": row.is_shared,
        "at": row.created_at,
    }


def _change(row: Revision) -> dict[str, object]:
    return {
        "number": row.number,
        "what": row.what,
        "seq": row.seq,
        "note_id": row.note_id,
        "before": row.before,
        "after": row.after,
        "at": row.created_at,
    }


def _link(row: Share) -> dict[str, object]:
    return {
        "for": row.name,
        "scope": row.scope,
        "created_at": row.created_at,
        "expires_at": row.expires_at,
        "revoked_at": row.revoked_at,
        "used_at": list(row.uses.values_list("at", flat=True)[:CHUNK_ROWS]),
    }
