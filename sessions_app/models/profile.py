"""What an account likes, and how long it wants to remember."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Profile(models.Model):
    """One per account, made when it is first needed."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile")
    look = models.JSONField(default=dict, blank=True)  # how captions look; `forms.LookForm` knows the names
    look_changed_at = models.DateTimeField(null=True, blank=True)
    keep_days = models.PositiveIntegerField(_("keep sessions for (days)"), null=True, blank=True)  # None: until deleted
    leaving_since = models.DateTimeField(null=True, blank=True, editable=False)  # being deleted, with everything
    shares_feedback = models.BooleanField(_("share tone feedback to improve Linnet"), default=False)

    def __str__(self) -> str:
        return f"profile {self.pk}"
