"""What staff may do to accounts, and that it is written down: from an account the way leads to what was said."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission

from sessions_app import forgetting
from sessions_app.models import AuditEntry
from tests.admin.conftest import act, clerk
from tests.conftest import logged_in, person

pytestmark = pytest.mark.django_db

FIELDS = {
    "username": "support", "first_name": "Sam", "email": "support@example.org", "is_active": "on", "is_staff": "on",
    "date_joined_0": "2026-01-01", "date_joined_1": "00:00:00", "last_login_0": "", "last_login_1": "",
}  # fmt: skip
NEW_PASSWORD = {"password1": "four quiet linnets", "password2": "four quiet linnets", "usable_password": "true"}
RIGHTS = ("add_user", "change_user", "view_user", "add_group", "change_group", "add_emailaddress", "view_emailaddress",
          "change_emailaddress", "delete_authenticator", "view_authenticator")  # fmt: skip


@pytest.fixture
def support(db):
    user = person("support", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    return user


@pytest.fixture
def supports_browser(support):
    return logged_in(support)


def change(browser, user, **fields):
    return browser.post(f"/admin/auth/user/{user.pk}/change/", FIELDS | {"username": user.username} | fields)


def noted():
    return list(AuditEntry.objects.order_by("id").values_list("action", "detail"))


class TestWhoIsNoSuperuser:
    def test_cannot_make_themselves_one(self, supports_browser, support):
        reveal = Permission.objects.get(codename="reveal_event")

        answer = change(supports_browser, support, is_superuser="on", user_permissions=[reveal.pk], first_name="Samira")

        support.refresh_from_db()
        assert (answer.status_code, support.first_name) == (302, "Samira")
        assert not support.is_superuser
        assert not support.has_perm("sessions_app.reveal_event")

    def test_cannot_make_others_staff_or_members_of_a_group(self, supports_browser, alice):
        group = Group.objects.create(name="everything")

        change(supports_browser, alice, is_staff="on", groups=[group.pk])

        alice.refresh_from_db()
        assert not alice.is_staff
        assert not alice.groups.exists()

    def test_cannot_set_the_password_of_another(self, supports_browser, alice):
        answer = supports_browser.post(f"/admin/auth/user/{alice.pk}/password/", NEW_PASSWORD)

        alice.refresh_from_db()
        assert answer.status_code == 403
        assert alice.check_password("secret words")

    def test_can_set_their_own(self, supports_browser, support):
        supports_browser.post(f"/admin/auth/user/{support.pk}/password/", NEW_PASSWORD)

        support.refresh_from_db()
        assert support.check_password("four quiet linnets")

    def test_cannot_have_the_mail_for_a_forgotten_password_sent_to_themselves(self, supports_browser, alice):
        change(supports_browser, alice, email="support@example.org")
        fields = {"user": alice.pk, "email": "support@example.org", "verified": "on", "primary": "on"}
        supports_browser.post("/admin/account/emailaddress/add/", fields)

        alice.refresh_from_db()
        assert alice.email == "alice@example.org"
        assert not EmailAddress.objects.exists()

    def test_cannot_give_a_group_rights(self, supports_browser):
        group = Group.objects.create(name="support")
        fields = {"name": "support", "permissions": [Permission.objects.get(codename="reveal_event").pk]}

        supports_browser.post(f"/admin/auth/group/{group.pk}/change/", fields)
        supports_browser.post("/admin/auth/group/add/", fields | {"name": "another"})

        assert [known.permissions.count() for known in Group.objects.all()] == [0]

    def test_cannot_change_a_superuser_or_take_their_second_factor_away(self, supports_browser, stella):
        key = Authenticator.objects.create(user=stella, type="totp", data={})

        answers = [
            change(supports_browser, stella, username="nobody", is_active=""),
            supports_browser.post(f"/admin/mfa/authenticator/{key.pk}/delete/", {"post": "yes"}),
        ]

        stella.refresh_from_db()
        assert [answer.status_code for answer in answers] == [403, 403]
        assert (stella.username, stella.is_active) == ("stella", True)
        assert Authenticator.objects.exists()

    def test_cannot_forget_a_superuser(self, stella, alice):
        browser = clerk("view_user", "delete_user")

        act(browser, "forget_accounts", stella, alice, address="/admin/auth/user/", confirmed="yes")

        assert type(stella).objects.filter(username="stella").exists()
        assert not type(stella).objects.filter(username="alice").exists()

    def test_cannot_take_the_name_of_somebody_in_the_audit_log(self, supports_browser, support, alice):
        change(supports_browser, support, username="stella", first_name="Samira")
        change(supports_browser, alice, username="alicia")

        support.refresh_from_db()
        alice.refresh_from_db()
        assert (support.username, support.first_name, alice.username) == ("support", "Samira", "alicia")

    def test_can_make_an_account_that_has_no_rights(self, supports_browser):
        supports_browser.post("/admin/auth/user/add/", NEW_PASSWORD | {"username": "newcomer", "is_superuser": "on"})

        newcomer = type(person("else")).objects.get(username="newcomer")
        assert not newcomer.is_superuser


class TestTheAuditLog:
    def test_a_change_is_written_down_with_what_was_changed_and_no_name(self, stellas_browser, support):
        change(stellas_browser, support, is_superuser="on")

        [(action, detail)] = noted()
        assert action == "change account"
        assert detail.startswith(f"account {support.pk}: ")
        assert "Superuser status" in detail
        assert "support" not in detail

    def test_a_new_password_is_written_down(self, stellas_browser, alice):
        stellas_browser.post(f"/admin/auth/user/{alice.pk}/password/", NEW_PASSWORD)

        assert noted() == [("change account", f"account {alice.pk}: password")]

    def test_a_new_account_is_written_down(self, stellas_browser):
        stellas_browser.post("/admin/auth/user/add/", NEW_PASSWORD | {"username": "newcomer"})

        assert [action for action, _ in noted()] == ["add account"]

    def test_a_second_factor_that_staff_take_away_is_written_down(self, supports_browser, alice):
        key = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "alice's blue key"})

        supports_browser.post(f"/admin/mfa/authenticator/{key.pk}/delete/", {"post": "yes"})

        assert not Authenticator.objects.exists()
        assert noted() == [("delete second factor", f"account {alice.pk}")]

    def test_rights_of_a_group_are_written_down(self, stellas_browser):
        stellas_browser.post("/admin/auth/group/add/", {"name": "support", "permissions": []})

        assert [action for action, _ in noted()] == ["add group"]


class TestForgetting:
    """Django's own log of the admin repeats what a row is called: names, mail addresses, what a key is called."""

    def test_an_account_takes_along_what_the_log_says_of_it(self, stellas_browser, alice):
        change(stellas_browser, alice, first_name="Alice")
        fields = {"user": alice.pk, "email": "alice@example.com", "primary": "on"}
        stellas_browser.post("/admin/account/emailaddress/add/", fields)
        key = Authenticator.objects.create(user=alice, type="webauthn", data={"name": "alice's key"})
        stellas_browser.post(f"/admin/mfa/authenticator/{key.pk}/delete/", {"post": "yes"})
        assert LogEntry.objects.filter(object_repr__contains="alice").count() == 3

        forgetting.forget_account(alice)

        assert not LogEntry.objects.filter(object_repr__contains="alice").exists()

    def test_what_it_says_of_others_stays(self, stellas_browser, alice, bob):
        change(stellas_browser, bob, first_name="Bob")

        forgetting.forget_account(alice)

        assert [entry.object_repr for entry in LogEntry.objects.all()] == ["bob"]
