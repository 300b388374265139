"""The coordinator as a client: its two calls, and what it gives."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

import orjson

from sessions_app.voice import http
from sessions_app.voice.errors import BackendRefused, BackendUnavailable, BadReply, VoiceError

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

TTL_S = 3600.0
RENEW_AT = 0.8  # of the TTL: there is no renewal, only allocating anew and moving over
RELEASE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Allocation:
    """A cf-voice that is ours until `expires_at`."""

    allocation_id: str
    url: str
    expires_at: datetime  # as our clock has it, and a little early: counted from before it was asked for

    @property
    def renewal_in_s(self) -> float:
        """How long it may be used before another one should be had; negative when that is overdue."""
        left_s = (self.expires_at - datetime.now(UTC)).total_seconds()
        return left_s - TTL_S * (1 - RENEW_AT)


class CfOrch:
    """The coordinator's two calls."""

    def __init__(
        self, url: str, *, key: str = "", model_candidates: Sequence[str] = (), allocate_timeout_s: float = 30.0
    ) -> None:
        self._client = http.client_for(url, token=key)
        self._model_candidates = list(model_candidates)
        self._allocate_timeout_s = allocate_timeout_s

    async def allocate(self) -> Allocation:
        """Return a new allocation. Raises `VoiceError`; an allocation without an address is given back."""
        expires_at = datetime.now(UTC) + timedelta(seconds=TTL_S)
        fields: dict[str, object] = {"caller": "linnet", "ttl_s": TTL_S}
        if self._model_candidates:
            fields["model_candidates"] = self._model_candidates
        body = await http.request(
            self._client,
            "POST",
            "/api/services/cf-voice/allocate",
            content=orjson.dumps(fields),
            timeout_s=self._allocate_timeout_s,
        )
        allocation_id, url = _allocated(body)
        if not url.startswith(("http://", "https://")):
            await self.release(allocation_id)
            raise BackendUnavailable("the coordinator gave no address")
        return Allocation(allocation_id, url.rstrip("/"), expires_at)

    async def release(self, allocation_id: str) -> bool:
        """Give an allocation back; one that is unknown there is already given back. Return whether it is."""
        path = f"/api/services/cf-voice/allocations/{quote(allocation_id, safe='')}"
        try:
            await http.request(self._client, "DELETE", path, timeout_s=RELEASE_TIMEOUT_S)
        except BackendRefused as error:
            return "404" in str(error)
        except VoiceError as error:
            logger.warning("an allocation could not be released; the reaper tries again", extra={"error": str(error)})
            return False
        return True

    async def aclose(self) -> None:
        await self._client.aclose()


def _allocated(body: bytes) -> tuple[str, str]:
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise BadReply("the coordinator's answer is not JSON") from error
    allocation_id = fields.get("allocation_id") if isinstance(fields, dict) else None
    if not isinstance(allocation_id, str) or not 0 < len(allocation_id) <= 100:
        raise BadReply("the coordinator's answer has no allocation_id")
    url = fields.get("url")
    return allocation_id, url if isinstance(url, str) else ""
