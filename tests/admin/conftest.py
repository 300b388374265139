"""Staff at work: Stella may do everything, a clerk only what is said."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from sessions_app.models import AuditEntry, VoiceAllocation
from tests.conftest import logged_in, person

SESSIONS = "/admin/sessions_app/voicesession/"
FEEDBACK = "/admin/sessions_app/tonefeedback/"
SECRET = "the heron stands in the reeds"


@pytest.fixture
def stellas_browser(stella):
    return logged_in(stella)


def clerk(*permissions):
    """Return the browser of a staff member who may do only this."""
    user = person(f"clerk{uuid.uuid4().hex[:6]}", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return logged_in(user)


def act(browser, action, *sessions, address=SESSIONS, **fields):
    chosen = [str(getattr(row, "pk", row)) for row in sessions]
    return browser.post(address, {"action": action, "_selected_action": chosen, **fields}, follow=True)


def shown(browser, address):
    """Return the objects of a list, and the page."""
    answer = browser.get(address)
    assert answer.status_code == 200
    return list(answer.context["cl"].result_list), answer.text


def allocated(voice_session):
    return VoiceAllocation.objects.create(
        allocation_id="a-1", url="http://voice", session=voice_session, expires_at=timezone.now() + timedelta(hours=1)
    )


def entries():
    return list(AuditEntry.objects.order_by("id").values_list("action", "session_id"))
