"""HTTP as the voice clients use it: a deadline in all, a cap on the answer, no redirects, only our own errors."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from sessions_app.voice.errors import BackendRefused, BackendUnavailable, BadReply

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Mapping

MAX_REPLY_BYTES = 256 * 1024
MAX_CONNECTIONS = 100
JSON = "application/json"


def client_for(url: str, *, token: str = "") -> httpx.AsyncClient:
    """Return a client of one service, to be shared by all sessions of an event loop.

    httpx's own pool is wedged for good by some hundred cancelled requests; aiohttp's is not, at a third of the cost.
    """
    return httpx.AsyncClient(
        base_url=url,
        transport=AiohttpTransport(limits=httpx.Limits(max_connections=MAX_CONNECTIONS), trust_env=False),
        headers=_authorization(token),
        follow_redirects=False,
        trust_env=False,
    )


async def request(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    *,
    timeout_s: float,
    content: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> bytes:
    """Return the body of an answer of 200, 201 or 204. Raises `VoiceError`.

    A connection that fails before anything was sent is tried once more: the pool may have kept one that the server
    has closed since.
    """
    content_type = {"Content-Type": JSON} if content is not None else {}
    with _as_our_errors(timeout_s):
        sent = client.build_request(
            method, path, content=content, headers=content_type | (headers or {}), timeout=httpx.Timeout(timeout_s)
        )
        async with asyncio.timeout(timeout_s):
            try:
                return await _once(client, sent)
            except httpx.ConnectError:
                return await _once(client, sent)


class Poster:
    """Posts what every session sends each second, over a pool of aiohttp's own.

    httpx builds a request, a response and their cookies anew for each window, at three times the cost of the rest.
    """

    def __init__(self, url: str, *, token: str = "") -> None:
        self._url = url.rstrip("/")
        authorization = {} if httpx.URL(url).userinfo else _authorization(token)  # a name in the address comes first
        self._headers = {"Content-Type": JSON, "Accept": JSON, "Accept-Encoding": "identity"} | authorization
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, content: bytes, headers: Mapping[str, str], *, timeout_s: float) -> bytes:
        """Return the body of an answer of 200, 201 or 204. Raises `VoiceError`; see `request` about the second try."""
        with _as_our_errors(timeout_s):
            async with asyncio.timeout(timeout_s):
                try:
                    return await self._post_once(path, content, headers)
                except aiohttp.ClientConnectorError:
                    return await self._post_once(path, content, headers)

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    async def _post_once(self, path: str, content: bytes, headers: Mapping[str, str]) -> bytes:
        session = self._open()
        async with session.post(self._url + path, data=content, headers=headers, allow_redirects=False) as response:
            _check_status(response.status)
            return await _limited(response.content.iter_any())

    def _open(self) -> aiohttp.ClientSession:
        """Return the session, made at first use: it belongs to the event loop that runs then."""
        if self._session is None:
            tls = httpx.create_ssl_context(trust_env=False)  # the same authorities as for everything else
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=MAX_CONNECTIONS, ssl=tls),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers=self._headers,
                timeout=aiohttp.ClientTimeout(),  # none of its own: `post` has one for all
                auto_decompress=False,  # the cap counts what we would have to keep
                trust_env=False,
            )
        return self._session


def _authorization(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


@contextmanager
def _as_our_errors(timeout_s: float) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise BackendUnavailable(f"no complete answer within {timeout_s:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError) as error:
        raise BackendUnavailable(type(error).__name__) from error


async def _once(client: httpx.AsyncClient, sent: httpx.Request) -> bytes:
    response = await client.send(sent, stream=True)
    try:
        _check_status(response.status_code)
        return await _limited(response.aiter_bytes())
    finally:
        await response.aclose()


def _check_status(status_code: int) -> None:
    if status_code >= 500 or status_code == 429:
        raise BackendUnavailable(f"status {status_code}")
    if status_code >= 400:
        raise BackendRefused(f"status {status_code}")
    if status_code not in {200, 201, 204}:
        raise BadReply(f"status {status_code}")  # redirects too: sound goes only where the setting says


async def _limited(chunks: AsyncIterator[bytes]) -> bytes:
    body = bytearray()
    async for chunk in chunks:
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise BadReply(f"the answer is larger than {MAX_REPLY_BYTES} bytes")
    return bytes(body)
