"""The site's settings for tests: a database on disk (threads share it), fast hashing, a scripted voice."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_scratch = Path(tempfile.mkdtemp(prefix="linnet-test-"))
os.environ.setdefault("LINNET_DATA_DIR", str(_scratch))
os.environ.setdefault("SECRET_KEY", "only-for-tests-and-long-enough-to-please-the-deployment-check-0123456789")
os.environ.setdefault("LINNET_INSECURE_HTTP", "1")
os.environ.setdefault("LINNET_VOICE", "scripted")
for service in ("CF_VOICE_URL", "CF_ORCH_URL", "REDIS_URL"):
    os.environ.pop(service, None)

from linnet_site.settings import *  # noqa: E402, F403
from linnet_site.settings import DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ACCOUNT_RATE_LIMITS = False
DATABASES["default"].get("OPTIONS", {}).pop("pool", None)  # the test database is dropped at the end
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["TEST"] = {"NAME": str(_scratch / "test.sqlite3")}
