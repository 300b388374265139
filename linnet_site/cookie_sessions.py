"""Django's cookie sessions in the database, for `SESSION_ENGINE`: Django itself asks it for whatever a cookie says."""

from __future__ import annotations

from django.contrib.sessions.backends import db


class SessionStore(db.SessionStore):
    def _validate_session_key(self, key: str | None) -> bool:
        """Take what can be a key, letters and digits: PostgreSQL breaks over a NUL, which a quoted cookie may hold."""
        is_long_enough = bool(super()._validate_session_key(key))  # type: ignore[misc]  # no stub knows it
        return is_long_enough and key is not None and key.isascii() and key.isalnum()
