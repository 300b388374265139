"""HTTP as the voice clients use it: a deadline in all, a cap on the answer, no redirects, only our own errors."""

from __future__ import annotations

import asyncio

import httpx
from httpx_aiohttp import AiohttpTransport

from sessions_app.voice.errors import BackendRefused, BackendUnavailable, BadReply

MAX_REPLY_BYTES = 256 * 1024
MAX_CONNECTIONS = 100


def client_for(url: str, *, token: str = "") -> httpx.AsyncClient:
    """Return a client of one service, to be shared by all sessions of an event loop.

    httpx's own pool is wedged for good by some hundred cancelled requests; aiohttp's is not, at a third of the cost.
    """
    return httpx.AsyncClient(
        base_url=url,
        transport=AiohttpTransport(limits=httpx.Limits(max_connections=MAX_CONNECTIONS), trust_env=False),
        headers={"Authorization": f"Bearer {token}"} if token else {},
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
    """Return the body of an answer of 200 or 204. Raises `VoiceError`.

    A connection that fails before anything was sent is tried once more: the pool may have kept one that the server
    has closed since.
    """
    content_type = {"Content-Type": "application/json"} if content is not None else {}
    sent = client.build_request(
        method, path, content=content, headers=content_type | (headers or {}), timeout=httpx.Timeout(timeout_s)
    )
    try:
        async with asyncio.timeout(timeout_s):
            try:
                return await _once(client, sent)
            except httpx.ConnectError:
                return await _once(client, sent)
    except TimeoutError as error:
        raise BackendUnavailable(f"no complete answer within {timeout_s:g} s") from error
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise BackendUnavailable(type(error).__name__) from error


async def _once(client: httpx.AsyncClient, sent: httpx.Request) -> bytes:
    response = await client.send(sent, stream=True)
    try:
        _check_status(response.status_code)
        return await _limited_body(response)
    finally:
        await response.aclose()


def _check_status(status_code: int) -> None:
    if status_code >= 500 or status_code == 429:
        raise BackendUnavailable(f"status {status_code}")
    if status_code >= 400:
        raise BackendRefused(f"status {status_code}")
    if status_code not in {200, 201, 204}:
        raise BadReply(f"status {status_code}")  # redirects too: sound goes only where the setting says


async def _limited_body(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_REPLY_BYTES:
            raise BadReply(f"the answer is larger than {MAX_REPLY_BYTES} bytes")
    return bytes(body)
