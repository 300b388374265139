"""Any other address: refused before it is accepted."""

from __future__ import annotations

from channels.exceptions import StopConsumer

from sessions_app.socket import SessionSocket


class Nowhere(SessionSocket):
    async def connect(self) -> None:
        await self.close()
        raise StopConsumer
