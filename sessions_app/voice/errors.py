"""Every way a back end can fail. No exception of httpx, aiohttp or a codec leaves `voice/`.

VoiceError
├── BackendUnavailable   refused, hung, or answered 5xx: the same window may be tried again
├── BadReply             answered, but not in the contract's words: once more at most
└── BackendRefused       says our request is wrong (4xx): trying again cannot help
"""

from __future__ import annotations


class VoiceError(Exception):
    """A back end could not listen. The message never holds what was said."""


class BackendUnavailable(VoiceError):
    """Nobody answered in time; the same window may be tried again."""


class BadReply(VoiceError):
    """The answer broke the contract."""


class BackendRefused(VoiceError):
    """The back end rejects the request as such; trying again cannot help."""
