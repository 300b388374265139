"""What a socket is told when it may not go on: codes for programs, a sentence for people."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class CloseCode(IntEnum):
    DONE = 1000
    BAD_MESSAGE = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    NOT_FOUND = 4404
    IDLE = 4408
    SUPERSEDED = 4409
    ENDED = 4410
    TOO_LARGE = 4413
    TOO_MUCH = 4429
    INTERNAL = 4500
    GOING_AWAY = 4503


class ErrorCode(StrEnum):
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    SESSION_NOT_FOUND = "session_not_found"
    SESSION_ENDED = "session_ended"
    CONFIG_INVALID = "config_invalid"
    CONFIG_LOCKED = "config_locked"
    INVALID_AUDIO_FRAME = "invalid_audio_frame"
    FRAME_TOO_LARGE = "frame_too_large"
    RATE_LIMITED = "rate_limited"
    PRODUCER_TAKEN = "producer_taken"
    SUPERSEDED = "superseded"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    ENGINE_TIMEOUT = "engine_timeout"
    INTERNAL = "internal"


class Refusal(Exception):
    """What a socket is told when it may not go on: an error for people, a code for the client, a close code.

    `close` is None when the socket stays open (a bad message that harms nobody).
    """

    def __init__(
        self, code: ErrorCode, message: str, close: CloseCode | None = None, *, retry_after_s: int = 0
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.close = close
        self.retry_after_s = retry_after_s


# What a microphone may meet, and some of it a view too.
TAKEN = Refusal(ErrorCode.PRODUCER_TAKEN, "Another microphone is already listening here.", CloseCode.SUPERSEDED)
SUPERSEDED = Refusal(ErrorCode.SUPERSEDED, "Another microphone took over.", CloseCode.SUPERSEDED)
ENDED = Refusal(ErrorCode.SESSION_ENDED, "This session has ended.", CloseCode.ENDED)
DELETED = Refusal(ErrorCode.SESSION_NOT_FOUND, "This session was deleted.", CloseCode.NOT_FOUND)
BROKEN = Refusal(ErrorCode.INTERNAL, "Something went wrong here. Please connect again.", CloseCode.INTERNAL)
TOO_FAST = Refusal(
    ErrorCode.RATE_LIMITED, "Sound came faster than it can be listened to.", CloseCode.TOO_MUCH, retry_after_s=10
)
TOO_MANY_GAPS = Refusal(ErrorCode.RATE_LIMITED, "Too many gaps wait.", CloseCode.TOO_MUCH, retry_after_s=10)
TOO_MANY = Refusal(ErrorCode.RATE_LIMITED, "You have too many microphones open.", CloseCode.TOO_MUCH, retry_after_s=30)
