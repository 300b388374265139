"""The health page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from sessions_app.models import JobRun
from tests.admin.conftest import clerk

pytestmark = pytest.mark.django_db


def test_it_says_what_linnet_stands_on_and_what_its_jobs_did(stellas_browser):
    JobRun.objects.create(name="reap_idle_sessions", took_ms=12, done=3)

    page = stellas_browser.get("/admin/sessions_app/jobrun/").text

    assert "12 ms" in page
    assert "never: is it in cron?" in page  # the purge
    for part in ("database", "channel layer", "voice", "Batches waiting in the journal"):
        assert part in page


def test_a_job_that_is_late_is_marked(stellas_browser):
    JobRun.objects.create(name="purge_expired", finished_at=timezone.now() - timedelta(hours=1))

    assert "late: is it in cron?" in stellas_browser.get("/admin/sessions_app/jobrun/").text


def test_it_is_for_those_who_may_see_it():
    assert clerk("view_voicesession").get("/admin/sessions_app/jobrun/").status_code == 403
    assert clerk("view_jobrun").get("/admin/sessions_app/jobrun/").status_code == 200
