"""A running Linnet as one person's program sees it: logged in, with its JSON and its sockets."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
import orjson
from yarl import URL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from types import TracebackType
    from typing import Self

ADDRESS_FILE = "quickstart.json"  # in LINNET_DATA_DIR, while quickstart runs: {"url", "pid"}
DEMO_USERNAME = "demo"

CONNECT_TIMEOUT_S, ANSWER_TIMEOUT_S, CLOSE_TIMEOUT_S = 10.0, 30.0, 3.0
HEARTBEAT_S = 20.0  # a server that does not answer a ping within half of it is gone
ABNORMAL_CLOSE = 1006  # RFC 6455: no close frame came
CSRF_COOKIE = "csrftoken"


class Failure(Exception):
    """It cannot go on. The message is for people: what is wrong, and what to do."""


class Dropped(Exception):
    """A socket was lost in a way that connecting anew may mend."""

    def __init__(self, code: int, reason: str = "", retry_after_s: float = 0.0) -> None:
        super().__init__(reason or f"the connection was lost ({code})")
        self.code = code
        self.retry_after_s = retry_after_s


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """What a program needs to know of a session."""

    state: str
    last_seq: int


class Site:
    """One visit; an async context manager, to be made where an event loop runs. Every method raises `Failure`."""

    def __init__(self, url: str, *, cookies: Mapping[str, str] | None = None) -> None:
        """`cookies`: of somebody who is logged in already."""
        self.url = url.rstrip("/")
        self._home = URL(self.url)
        jar = aiohttp.CookieJar(unsafe=True)  # "unsafe" allows an address such as 127.0.0.1 to have cookies
        self._http = aiohttp.ClientSession(
            cookie_jar=jar,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_TIMEOUT_S, sock_read=ANSWER_TIMEOUT_S),
        )
        # Django compares this cookie with the form's field or the header; who makes it up is the same to it.
        jar.update_cookies({CSRF_COOKIE: secrets.token_hex(16), **(cookies or {})}, self._home)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.close()

    async def log_in(self, username: str, password: str) -> None:
        form = {"login": username, "password": password, "csrfmiddlewaretoken": self._csrf_token()}
        status, _ = await self._ask("POST", "accounts/login/", form=form)
        if status == 429:
            raise Failure("Too many attempts to log in. Wait a few minutes.")
        if status not in {302, 303}:  # a form that is not accepted is shown again
            raise Failure(f"{username} cannot log in at {self.url}: wrong name or password.")

    async def log_out(self) -> None:
        await self._ask("POST", "accounts/logout/")

    async def start(self, *, title: str, elcor: bool) -> str:
        """Start a session and return its id."""
        status, fields = await self._ask("POST", "sessions/", json={"title": title, "elcor": elcor})
        if status != 201:
            raise self._unexpected("start a session", status)
        return str(fields["id"])

    async def session(self, session_id: str) -> SessionFacts:
        status, fields = await self._ask("GET", f"sessions/{session_id}/")
        if status == 404:
            raise Failure(f"You have no session {session_id}.")
        if status != 200:
            raise self._unexpected("show the session", status)
        return SessionFacts(state=str(fields["state"]), last_seq=int(str(fields["last_seq"])))

    async def end(self, session_id: str) -> None:
        status, _ = await self._ask("POST", f"sessions/{session_id}/end/")
        if status != 200:
            raise self._unexpected("end the session", status)

    def page_of(self, session_id: str) -> str:
        return self._http_url(f"sessions/{session_id}/")

    @asynccontextmanager
    async def socket(self, path: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """Give an open web socket. Raises `Dropped` when trying again makes sense."""
        try:
            socket = await self._http.ws_connect(
                self._http_url(path),
                origin=self.url,
                heartbeat=HEARTBEAT_S,
                timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT_S),
            )
        except aiohttp.WSServerHandshakeError as error:
            if error.status in {401, 403}:
                raise Failure("The server lets nobody in on this login any more.") from error
            raise Dropped(ABNORMAL_CLOSE, f"the server answered {error.status}") from error
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Dropped(ABNORMAL_CLOSE, "the server does not answer") from error
        try:
            yield socket
        finally:
            await socket.close()

    async def _ask(
        self, method: str, path: str, *, json: object = None, form: Mapping[str, str] | None = None
    ) -> tuple[int, dict[str, object]]:
        """Return the status and, where there is any, the JSON."""
        headers = {"Accept": "application/json", "X-CSRFToken": self._csrf_token(), "Referer": self._http_url(path)}
        if form is not None:
            headers["Accept"] = "text/html"
        try:
            async with self._http.request(
                method, self._http_url(path), json=json, data=form, headers=headers, allow_redirects=False
            ) as answer:
                body = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            message = f"Nobody answers at {self.url}/. Is Linnet running there? On this computer: make run"
            raise Failure(message) from error
        if answer.status == 401:
            raise Failure(f"{self.url} asks to log in first.")
        if answer.status in {301, 308}:
            raise Failure(f"{self.url} has moved to {answer.headers.get('Location', 'another address')}: use --url.")
        return answer.status, _json_object(body) if answer.content_type == "application/json" else {}

    def _csrf_token(self) -> str:
        """Return the token as it is now: logging in changes it."""
        return self._http.cookie_jar.filter_cookies(self._home)[CSRF_COOKIE].value

    def _http_url(self, path: str) -> str:
        return f"{self.url}/{path}"

    def _unexpected(self, what: str, status: int) -> Failure:
        return Failure(f"{self.url} does not {what} (HTTP {status}). Its log says why.")


def _json_object(body: bytes) -> dict[str, object]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Failure("The server answered something that is no JSON.") from error
    return fields if isinstance(fields, dict) else {}
