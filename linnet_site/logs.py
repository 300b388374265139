"""What no log line may hold."""

from __future__ import annotations

import logging
import re

# Links that open a session, and those that set a new password: whoever reads the log could use them.
_SECRET = re.compile(r"(/shared/|/password/reset/key/)[^/\s\"']+")


class HidesSecrets(logging.Filter):
    """Leaves the tokens in addresses out of every line ("Not Found: /shared/…/")."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        hidden = _SECRET.sub(r"\1…", said)
        if hidden != said:
            record.msg, record.args = hidden, None
        return True
