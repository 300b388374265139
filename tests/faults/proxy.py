"""A network that can be cut: a TCP proxy that delays, drops, or takes everything and passes nothing on."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress
from typing import Self

CHUNK_BYTES = 65_536


class Proxy:
    """Stands before `port`. `delay_s` holds every chunk back; `is_half_open` swallows them."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._heals = asyncio.Event()
        self._heals.set()
        self.delay_s = 0.0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port: int = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *error: object) -> None:
        self._server.close()
        self.drop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def drop(self) -> None:
        """Reset every connection."""
        for writer in self._writers:
            writer.transport.abort()

    def half_open(self) -> None:
        """Let nothing through any more, in either direction, without closing anything."""
        self._heals.clear()

    def heal(self) -> None:
        """Let through what waits, and all that follows."""
        self._heals.set()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            onward_reader, onward = await asyncio.open_connection(sock=await self._connect())
            self._writers |= {writer, onward}
            await asyncio.gather(self._pass(reader, onward), self._pass(onward_reader, writer), return_exceptions=True)
            self._writers -= {writer, onward}
        writer.close()

    async def _connect(self) -> socket.socket:
        """Connect with a small buffer, so that a peer that does not read is soon noticed."""
        onward = socket.socket()
        onward.setblocking(False)
        onward.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, CHUNK_BYTES)
        await asyncio.get_running_loop().sock_connect(onward, ("127.0.0.1", self._target))
        return onward

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                await self._heals.wait()
                await asyncio.sleep(self.delay_s)
                writer.write(chunk)
                await writer.drain()
        finally:
            writer.close()
