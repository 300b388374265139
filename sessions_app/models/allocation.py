"""What is leased from cf-orch."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from sessions_app.models.session import VoiceSession


class VoiceAllocation(models.Model):
    """A cf-voice that cf-orch holds for us. The row stands until the release is confirmed; sessions may go before."""

    allocation_id = models.CharField(max_length=100, unique=True)
    url = models.URLField()
    session = models.ForeignKey(VoiceSession, null=True, on_delete=models.SET_NULL, related_name="allocations")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.allocation_id
