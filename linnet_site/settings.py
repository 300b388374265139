"""Every setting, from the environment; `docs/settings.md` explains each. Nonsense is refused here, at start-up."""

from __future__ import annotations

import os
import secrets
import sys
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.conf.locale import LANG_INFO
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    environ.Env.read_env(BASE_DIR / ".env")


def positive(name: str, default: float, *, zero_allowed: bool = False) -> float:
    """Return a number from the environment, refusing what cannot be meant."""
    try:
        value = float(env.str(name, default=str(default)))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, not {env.str(name)!r}.") from error
    if not (value > 0 or (zero_allowed and value == 0)) or value == float("inf"):
        raise ImproperlyConfigured(f"{name} must be greater than 0{' or 0' if zero_allowed else ''}, not {value:g}.")
    return value


def whole(name: str, default: int, *, zero_allowed: bool = False) -> int:
    """Return a whole number from the environment."""
    value = positive(name, default, zero_allowed=zero_allowed)
    if value != int(value):
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value:g}.")
    return int(value)


def boolean(name: str, *, default: bool = False) -> bool:
    raw = env.str(name, default="").strip().lower()
    if raw in {"", "0", "1", "true", "false", "yes", "no", "on", "off"}:
        return raw in {"1", "true", "yes", "on"} if raw else default
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {raw!r}.")


def service_url(name: str) -> str:
    """Return the address of a service from the environment, without the trailing slash; "" when unset."""
    url: str = env.str(name, default="").strip().rstrip("/")
    if url and not url.startswith(("http://", "https://")):
        raise ImproperlyConfigured(f"{name} must begin with http:// or https://, not {url!r}.")
    return url


def networks(name: str) -> list[IPv4Network | IPv6Network]:
    """Return addresses and networks from the environment."""
    try:
        return [ip_network(value) for value in env.list(name, default=[])]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a list of addresses or networks: {error}.") from error


def kept_secret(path: Path) -> str:
    """Return the key kept in `path`, made at first use; two processes starting together agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    if not path.exists():
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


# What kind of installation this is ------------------------------------------------------------------------

DEBUG = boolean("DEBUG")
INSECURE_HTTP = boolean("LINNET_INSECURE_HTTP")
DATA_DIR = Path(env.str("LINNET_DATA_DIR", default=str(BASE_DIR / "var"))).expanduser().resolve()
IS_SECURE = not (DEBUG or INSECURE_HTTP)
REDIS_URL = env.str("REDIS_URL", default="")
IS_EMBEDDED = not REDIS_URL and not env.str("DATABASE_URL", default="")

SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not IS_EMBEDDED:
        raise ImproperlyConfigured("SECRET_KEY must be set: every process of this installation needs the same one.")
    SECRET_KEY = kept_secret(DATA_DIR / "secret_key")

_hosts = env.list("ALLOWED_HOSTS", default=[])
ALLOWED_HOSTS = _hosts or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "daphne",  # before staticfiles: it brings the ASGI runserver
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "channels",
    "csp",
    "sessions_app",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "linnet_site.urls"
ASGI_APPLICATION = "linnet_site.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "sessions_app.look.context",
            ],
        },
    },
]

# Where things are kept ------------------------------------------------------------------------------------


def database() -> dict[str, Any]:
    """Return the database's settings: SQLite in the data directory unless DATABASE_URL names another."""
    if not env.str("DATABASE_URL", default=""):
        DATA_DIR.mkdir(parents=True, exist_ok=True)
    config: dict[str, Any] = env.db("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'linnet.sqlite3'}")
    config["CONN_MAX_AGE"] = 0  # kept connections leak under ASGI; PostgreSQL pools below
    if config["ENGINE"] == "django.db.backends.sqlite3":
        # IMMEDIATE: a deferred transaction that comes to write fails at once, whatever the timeout.
        config["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;"
            " PRAGMA secure_delete=ON;",  # what is forgotten is overwritten, not only unlinked
        }
    elif config["ENGINE"] == "django.db.backends.postgresql":
        pool_size = whole("LINNET_DATABASE_POOL_SIZE", 8)
        config["CONN_HEALTH_CHECKS"] = True  # or each dead connection of the pool costs somebody a page
        config["OPTIONS"] = {
            **config.get("OPTIONS", {}),
            "pool": {"min_size": 1, "max_size": pool_size, "timeout": 10},
        }
    else:
        raise ImproperlyConfigured("DATABASE_URL must name SQLite or PostgreSQL.")
    return config


DATABASES = {"default": database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

if REDIS_URL:
    # The pub/sub layer: with the core one every socket dies when Redis restarts.
    CHANNEL_LAYERS: dict[str, dict[str, Any]] = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "linnet"},
        },
    }
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "linnet_site.layers.OneProcessLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Without a `collectstatic` the files are served as they lie in the source tree, under their plain names.
_static_root = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
_is_collected = (_static_root / "staticfiles.json").is_file() or "collectstatic" in sys.argv[1:2]
STATIC_ROOT = _static_root if _is_collected else None
WHITENOISE_USE_FINDERS = not _is_collected
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "linnet_site.storage.HashedStaticStorage"
        if _is_collected
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}

# Who may come in ------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "dashboard"
LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "sessions_app.accounts.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before addresses and second steps change
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Linnet"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be 30 s off
MFA_ALLOW_UNVERIFIED_EMAIL = True  # no address is verified here
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_SECURE
USERSESSIONS_TRACK_ACTIVITY = False  # a write with every request, for a date that nobody needs
LINNET_SIGNUP_OPEN = boolean("LINNET_SIGNUP_OPEN", default=True)

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_SECURE
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]  # probes speak plain http from inside
SECURE_HSTS_SECONDS = 31_536_000 if IS_SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_SECURE
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if boolean("LINNET_BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ALLAUTH_TRUSTED_PROXY_COUNT = 1  # whose address counts in rate limits: what the proxy itself added

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "worker-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# How it speaks --------------------------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
# English stands in the code; a language is offered as soon as its words are compiled (docs/languages.md).
_translated = {path.parts[-3] for path in (BASE_DIR / "locale").glob("*/LC_MESSAGES/django.mo")}
LANGUAGES = [(code, LANG_INFO[code.lower().replace("_", "-")]["name_local"]) for code in sorted({"en", *_translated})]
USE_I18N = True
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_TZ = True
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="linnet@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"secrets": {"()": "linnet_site.logs.HidesSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["secrets"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "sessions_app": {"level": env.str("LINNET_LOG_LEVEL", default="INFO")},
        "django": {
            "level": "WARNING"
        },  # through the handler above: Django's own would write down addresses with tokens
        # Daphne's access lines hold session ids and nothing that helps a person.
        "django.channels.server": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
    },
}

# Listening ------------------------------------------------------------------------------------------------

CF_VOICE_URL = service_url("CF_VOICE_URL")
CF_VOICE_TOKEN = env.str("CF_VOICE_TOKEN", default="")
CF_ORCH_URL = service_url("CF_ORCH_URL")
CF_ORCH_KEY = env.str("CF_ORCH_KEY", default="")
CF_ORCH_ALLOCATE_TIMEOUT_S = positive("CF_ORCH_ALLOCATE_TIMEOUT_S", 30)
CF_ORCH_MODEL_CANDIDATES = env.list("CF_ORCH_MODEL_CANDIDATES", default=[])
SESSION_IDLE_TTL_S = positive("SESSION_IDLE_TTL_S", 90)
LINNET_UNDO_S = positive("LINNET_UNDO_S", 600, zero_allowed=True)
LINNET_METRICS_TOKEN = env.str("LINNET_METRICS_TOKEN", default="")
LINNET_METRICS_ALLOW = networks("LINNET_METRICS_ALLOW")
LINNET_VOICE = env.str("LINNET_VOICE", default="")  # "scripted": a fixed script, always marked simulated
LINNET_ASR_MODEL = env.str("LINNET_ASR_MODEL", default="auto")
LINNET_ENGINE_THREADS = whole("LINNET_ENGINE_THREADS", 0, zero_allowed=True)
LINNET_PARTIALS = boolean("LINNET_PARTIALS", default=True)
LINNET_FALLBACK = env.str("LINNET_FALLBACK", default="embedded")
LINNET_MAX_MICROPHONES_PER_USER = whole("LINNET_MAX_MICROPHONES_PER_USER", 5, zero_allowed=True)
LINNET_MAX_VIEWERS_PER_USER = whole("LINNET_MAX_VIEWERS_PER_USER", 20, zero_allowed=True)
LINNET_DEMO_PASSWORD = env.str("LINNET_DEMO_PASSWORD", default="")
if LINNET_FALLBACK not in {"embedded", "none"}:
    raise ImproperlyConfigured(f"LINNET_FALLBACK must be embedded or none, not {LINNET_FALLBACK!r}.")
if LINNET_VOICE not in {"", "embedded", "scripted"}:
    raise ImproperlyConfigured(f"LINNET_VOICE must be empty, embedded or scripted, not {LINNET_VOICE!r}.")
