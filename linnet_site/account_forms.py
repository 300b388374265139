"""allauth's forms with our words: each thing has one name, and a field's label stands above it, not also in it."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as account_forms
from allauth.mfa.base import forms as mfa_forms
from allauth.mfa.totp import forms as totp_forms
from django.core.validators import MaxLengthValidator
from django.forms import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_LOGIN_CHARS = 320  # no name or address is longer, and SQLite breaks over a pattern of 50 000
WRONG_PASSWORD = {"username_password_mismatch", "email_password_mismatch", "invalid_login"}


class _OurWords:
    """`labels` by the name of the field; those of others stay. No field has a placeholder."""

    labels: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():  # type: ignore[attr-defined]  # a form
            field.label = self.labels.get(name, field.label)
            field.widget.attrs.pop("placeholder", None)


class LoginForm(_OurWords, account_forms.LoginForm):  # type: ignore[misc]  # allauth is untyped
    labels = {"login": _("Username or email"), "remember": _("Stay logged in")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["login"].validators.append(MaxLengthValidator(MAX_LOGIN_CHARS))

    def clean(self) -> dict[str, Any] | None:
        try:
            cleaned: dict[str, Any] | None = super().clean()
        except ValidationError as error:
            if error.code in WRONG_PASSWORD:
                raise ValidationError(_("This username or email and this password do not belong together.")) from error
            raise
        return cleaned


class SignupForm(_OurWords, account_forms.SignupForm):  # type: ignore[misc]
    pass


class AddEmailForm(_OurWords, account_forms.AddEmailForm):  # type: ignore[misc]
    pass


class ChangePasswordForm(_OurWords, account_forms.ChangePasswordForm):  # type: ignore[misc]
    labels = {
        "oldpassword": _("Current password"),
        "password1": _("New password"),
        "password2": _("New password (again)"),
    }


class SetPasswordForm(_OurWords, account_forms.SetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordForm(_OurWords, account_forms.ResetPasswordForm):  # type: ignore[misc]
    pass


class ResetPasswordKeyForm(_OurWords, account_forms.ResetPasswordKeyForm):  # type: ignore[misc]
    labels = {"password1": _("New password"), "password2": _("New password (again)")}


class ReauthenticateForm(_OurWords, account_forms.ReauthenticateForm):  # type: ignore[misc]
    labels = {"password": _("Current password")}


class AuthenticateForm(_OurWords, mfa_forms.AuthenticateForm):  # type: ignore[misc]
    pass


class ReauthenticateWithCodeForm(_OurWords, mfa_forms.ReauthenticateForm):  # type: ignore[misc]
    pass


class ActivateTotpForm(_OurWords, totp_forms.ActivateTOTPForm):  # type: ignore[misc]
    labels = {"code": _("Code from the app")}
