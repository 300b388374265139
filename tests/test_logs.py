"""Lines of the log: what they leave out, what they show, and that they never break what they tell of."""

from __future__ import annotations

import io
import logging
import logging.config
import os
import subprocess
import sys

import pytest
from django.conf import settings as site
from django.db import DatabaseError, transaction

from sessions_app.models import Event
from tests.canary import CANARY

REFUSED = f"""new row for relation "sessions_app_event" violates check constraint "sure"
DETAIL:  Failing row contains (7, 2026-11-22, my PIN is 4711
in two lines).
CONTEXT:  while storing {CANARY[:9]}"""


@pytest.fixture
def log():
    """Return a logger that writes as in production, and what it wrote."""
    configured = logging.config.DictConfigurator(site.LOGGING)
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(configured.configure_formatter(dict(site.LOGGING["formatters"]["line"])))
    handler.addFilter(configured.configure_filter(dict(site.LOGGING["filters"]["secrets"])))
    logger = logging.getLogger("third.party")
    logger.addHandler(handler)
    logger.propagate = False
    yield logger, written
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.mark.parametrize(
    "address",
    ["/shared/a-key/", "//shared//a-key/", "/Shared/a-key", "/accounts/password/reset/key/1-a-key/",
     "/accounts/confirm-email/a-key/"],
)  # fmt: skip
def test_an_address_that_is_a_key_is_left_out_however_it_is_spelt(log, address):
    logger, written = log

    logger.warning("Not Found: %s", address)

    assert "Not Found: /" in written.getvalue()
    assert "a-key" not in written.getvalue()


class TestWhatTheDatabaseSays:
    def test_why_it_refused_a_row_is_shown_and_the_row_is_not(self, log):
        logger, written = log
        try:
            raise DatabaseError(REFUSED)
        except DatabaseError:
            logger.exception("pipeline failed")

        said = written.getvalue()
        assert "DatabaseError: new row for relation" in said
        assert 'violates check constraint "sure"' in said
        assert "test_logs.py" in said
        assert "4711" not in said
        assert "two lines" not in said

    def test_it_stays_out_of_what_led_to_another_error(self, log):
        logger, written = log
        try:
            try:
                raise DatabaseError(REFUSED)
            except DatabaseError as error:
                raise ValueError(REFUSED) from error
        except ValueError:
            try:
                raise ExceptionGroup("several", [KeyError("a"), DatabaseError(REFUSED)])
            except ExceptionGroup:
                logger.exception("pipeline failed")

        said = written.getvalue()
        assert said.count("violates check constraint") == 3
        assert "direct cause of the following exception" in said
        assert "another exception occurred" in said
        assert "4711" not in said
        assert "two lines" not in said
        assert CANARY[:9] not in said

    def test_it_stays_out_of_a_message(self, log):
        logger, written = log

        logger.warning("not stored: %s", DatabaseError(REFUSED))

        assert "violates check constraint" in written.getvalue()
        assert "4711" not in written.getvalue()

    @pytest.mark.django_db
    @pytest.mark.skipif("postgresql" not in site.DATABASES["default"]["ENGINE"], reason="PostgreSQL repeats the row")
    def test_what_it_really_says(self, log, voice_session):
        logger, written = log
        unsure = Event(session=voice_session, seq=1, start_ms=0, end_ms=1, text="my PIN is 4711", confidence=1.5)
        try:
            with transaction.atomic():
                unsure.save()
        except DatabaseError as error:
            assert "4711" in str(error)
            logger.exception("pipeline failed")

        assert "4711" not in written.getvalue()
        assert "constraint" in written.getvalue()


def test_a_token_in_the_text_of_an_error_is_left_out(log):
    logger, written = log
    address = "/shared/" + "s3cr3t/"  # in two parts: a traceback shows this very file
    try:
        raise ValueError(f"cannot open {address} now")
    except ValueError:
        logger.exception("failed")

    assert "/shared/…/ now" in written.getvalue()
    assert "s3cr3t" not in written.getvalue()


class TestFields:
    def test_what_failed_is_shown(self, log):
        logger, written = log

        logger.warning("channel layer does not answer", extra={"error": "TimeoutError", "failed_calls": 3})

        assert written.getvalue().endswith("channel layer does not answer (error: TimeoutError, failed_calls: 3)\n")

    def test_other_fields_are_not(self, log):
        logger, written = log

        logger.warning("stored", extra={"words": "my PIN is 4711"})

        assert written.getvalue().endswith("stored\n")

    def test_nor_is_a_secret_in_them(self, log):
        logger, written = log

        logger.warning("failed", extra={"error": f"GET /shared/s3cr3t/: {REFUSED}"})

        assert "/shared/…/" in written.getvalue()
        assert "s3cr3t" not in written.getvalue()
        assert "4711" not in written.getvalue()


class TestSomebodyElsesMistake:
    """A line that cannot be written must not end what it tells of."""

    @pytest.mark.parametrize("arguments", [("x",), ("x", "y", "z"), ({"a": 1},)])
    def test_arguments_that_do_not_fit(self, log, arguments):
        logger, written = log

        logger.error("%d of %d", *arguments)

        assert written.getvalue().endswith("%d of %d (with arguments that do not fit)\n")

    def test_a_thing_that_cannot_be_shown(self, log):
        logger, written = log

        logger.error(type("Mute", (), {"__str__": lambda self: 1 / 0})())

        assert written.getvalue().endswith("a line that cannot be shown\n")


UNDER_UVICORN = """
import logging.config
import uvicorn.config
logging.config.dictConfig(uvicorn.config.LOGGING_CONFIG)  # as it does before it loads the site
import django
django.setup()
try:
    raise ValueError("refused\\nDETAIL:  " + "47" "11")
except ValueError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
logging.getLogger("uvicorn.access").info("GET /")
"""


def test_what_uvicorn_writes_passes_by_the_same_door(tmp_path):
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "linnet_site.settings", "LINNET_DATA_DIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", UNDER_UVICORN], env=environment, capture_output=True, text=True, check=True
    )

    assert "ERROR uvicorn.error Exception in ASGI application" in run.stderr
    assert "ValueError: refused" in run.stderr
    assert "4711" not in run.stdout + run.stderr
    assert "GET /" not in run.stdout + run.stderr
