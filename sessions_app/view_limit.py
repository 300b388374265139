"""How many views one account, or one link, may have open in this process. A link cannot lock its owner out."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias
from weakref import WeakSet

from sessions_app import conf

if TYPE_CHECKING:
    from sessions_app.feed import Feed
    from sessions_app.permission import Access

RETRY_AFTER_S = 30

Who: TypeAlias = tuple[str, int]

# Weak: a stream whose reader was gone before its first byte is never told that it ends.
_open: defaultdict[Who, WeakSet[Feed]] = defaultdict(WeakSet)


def enter(access: Access, view: Feed) -> bool:
    """Count `view` until it leaves; return whether there was a place for it."""
    limit, views = conf.current().max_viewers_per_user, _open[_who(access)]
    if limit and len(views) >= limit:
        return False
    views.add(view)
    return True


def leave(access: Access, view: Feed) -> None:
    who = _who(access)
    _open[who].discard(view)
    if not _open[who]:
        del _open[who]


def _who(access: Access) -> Who:
    return ("share", access.share.pk) if access.share else ("user", access.voice_session.owner_id)
