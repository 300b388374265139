"""Every setting, from the environment; `docs/settings.md` explains each. Nonsense is refused here, at start-up."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import get_language_info, to_language

from linnet_site import time_zone
from linnet_site.environment import BASE_DIR, boolean, env, kept_secret, networks, positive, service_url, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

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
CSRF_FAILURE_VIEW = "sessions_app.views.errors.csrf_failed"
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
    "linnet_site.caching.keep_nothing_private",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "linnet_site.time_zone.reader_time_zone",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "sessions_app.views.errors.wrong_method",
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


# Five threads of each process keep a connection (`sessions_app.database_threads`); pages need one too.
MIN_POOL_SIZE = 6


def pool_size() -> int:
    size = whole("LINNET_DATABASE_POOL_SIZE", 8)
    if size < MIN_POOL_SIZE:
        raise ImproperlyConfigured(
            f"LINNET_DATABASE_POOL_SIZE must be {MIN_POOL_SIZE} or more, not {size}: each process keeps five"
            f" connections for microphones and viewers, and pages would get none. Unset it, or set it to"
            f" {MIN_POOL_SIZE}; to have fewer connections in all, start fewer processes."
        )
    return size


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
        config["CONN_HEALTH_CHECKS"] = True  # or each dead connection of the pool costs somebody a page
        config["OPTIONS"] = {
            **config.get("OPTIONS", {}),
            # Without `reconnect_timeout` the pool asks less and less often, and finds a database long after it is back.
            "pool": {"min_size": 1, "max_size": pool_size(), "timeout": 10, "reconnect_timeout": 2},
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
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "linnet", "symmetric_encryption_keys": [SECRET_KEY]},
        },
    }
    CACHES = {"default": {"BACKEND": "linnet_site.cache.RedisOrMemoryCache", "LOCATION": REDIS_URL}}
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "linnet_site.layers.OneProcessLayer"}}
    CACHES = {"default": {"BACKEND": "linnet_site.cache.MemoryCache"}}

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
ACCOUNT_FORMS = {
    "login": "linnet_site.account_forms.LoginForm",
    "signup": "linnet_site.account_forms.SignupForm",
    "add_email": "linnet_site.account_forms.AddEmailForm",
    "change_password": "linnet_site.account_forms.ChangePasswordForm",
    "set_password": "linnet_site.account_forms.SetPasswordForm",
    "reset_password": "linnet_site.account_forms.ResetPasswordForm",
    "reset_password_from_key": "linnet_site.account_forms.ResetPasswordKeyForm",
    "reauthenticate": "linnet_site.account_forms.ReauthenticateForm",
}
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True  # before addresses and second steps change
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_FORMS = {
    "authenticate": "linnet_site.account_forms.AuthenticateForm",
    "reauthenticate": "linnet_site.account_forms.ReauthenticateWithCodeForm",
    "activate_totp": "linnet_site.account_forms.ActivateTotpForm",
}
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Linnet"
MFA_TOTP_TOLERANCE = 1  # a phone's clock may be 30 s off
MFA_ALLOW_UNVERIFIED_EMAIL = True  # no address is verified here
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_SECURE
USERSESSIONS_TRACK_ACTIVITY = False  # a write with every request, for a date that nobody needs
LINNET_SIGNUP_OPEN = boolean("LINNET_SIGNUP_OPEN", default=True)

SESSION_ENGINE = "linnet_site.cookie_sessions"
# Nothing of a notice goes to the database: one that nobody reads would outlive what it tells of.
MESSAGE_STORAGE = "django.contrib.messages.storage.cookie.CookieStorage"
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


def languages(folders: Iterable[str]) -> list[tuple[str, str]]:
    """Return the languages whose words are in `folders` ("pt_BR"), each as Django spells it, with its own name."""
    return [(code, get_language_info(code)["name_local"]) for code in sorted(map(to_language, folders))]


LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
# English stands in the code; a language is offered as soon as its words are compiled (docs/languages.md).
_translated = {path.parts[-3] for path in (BASE_DIR / "locale").glob("*/LC_MESSAGES/django.mo")}
LANGUAGES = languages({"en", *_translated})
USE_I18N = True
TIME_ZONE = env.str("TIME_ZONE", default="") or time_zone.of_this_computer()
FORMAT_MODULE_PATH = "linnet_site.formats"
USE_TZ = True
EMAIL_CONFIG = env.email("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="linnet@localhost")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"class": "linnet_site.logs.Line", "format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
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
        # Its own handlers would pass by the filter: errors with what was said, access lines with tokens.
        "uvicorn": {"level": "INFO", "handlers": [], "propagate": True},
        "uvicorn.access": {"level": "WARNING", "handlers": [], "propagate": True},
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
