"""The caches, with Redis and without. They count logins and guesses, and hold nothing that cannot be missed."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NotConnected
from redis.exceptions import RedisError
from redis.retry import Retry

if TYPE_CHECKING:
    from collections.abc import Callable

logger = logging.getLogger(__name__)

TIMEOUT_S = 1.0
ASK_AGAIN_AFTER_S = 5.0  # a Redis that hangs costs one page its timeout, not every question of every page
MAX_ENTRIES = 10_000  # the default of 300 would let whoever asks from many addresses push counts out

_away_until_s = 0.0  # of this process: Django makes a cache object for each request


class MemoryCache(LocMemCache):
    """This process's own memory."""

    def __init__(self, name: str, params: dict[str, Any]) -> None:
        super().__init__(name, {**params, "OPTIONS": {"MAX_ENTRIES": MAX_ENTRIES}})


class RedisOrMemoryCache(BaseCache):
    """Redis; while it does not answer, this process's own memory.

    Who guesses passwords then has each process's limit instead of one for all: people who log in matter more.
    """

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        once_more = Retry(NoBackoff(), 1, supported_errors=(NotConnected,))  # a connection from before a restart
        options = {"socket_connect_timeout": TIMEOUT_S, "socket_timeout": TIMEOUT_S, "retry": once_more}
        self._redis = RedisCache(location, {**params, "OPTIONS": options})
        self._memory = MemoryCache("while-redis-is-away", params)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.add(key, value, timeout, version)))

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return self._ask(lambda cache: cache.get(key, default, version))

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask(lambda cache: cache.set(key, value, timeout, version))

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.touch(key, timeout, version)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.delete(key, version)))

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return bool(self._ask(lambda cache: cache.has_key(key, version)))

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return int(self._ask(lambda cache: cache.incr(key, delta, version)))

    def clear(self) -> None:
        self._ask(lambda cache: cache.clear())

    def _ask(self, question: Callable[[BaseCache], Any]) -> Any:
        global _away_until_s
        if time.monotonic() >= _away_until_s:
            try:
                return question(self._redis)
            except RedisError as error:
                _away_until_s = time.monotonic() + ASK_AGAIN_AFTER_S
                logger.warning("cache does not answer: %s", type(error).__name__)
        return question(self._memory)
