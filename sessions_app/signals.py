"""What may end a permission, told to everything that is open: logins, accounts, sessions. Links tell it themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from sessions_app import broadcast, permission
from sessions_app.models import VoiceSession

if TYPE_CHECKING:
    from collections.abc import Collection

    from django.contrib.auth.models import AbstractBaseUser

    from sessions_app.broadcast import PermissionChanged


@receiver(post_delete, sender=Session)
def login_ended(instance: Session, **kwargs: Any) -> None:
    """Logged out here or from another device, or given a new key with a new password. `clearsessions` is no news."""
    if instance.expire_date > timezone.now():
        _tell({"login": permission.mark_of(instance.session_key)})


@receiver(post_save, sender=get_user_model())
def account_changed(
    instance: AbstractBaseUser, created: bool, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    """Deactivated, or with a new password; a login only writes its date."""
    if not created and set(update_fields or ()) != {"last_login"}:
        _tell({"user_id": instance.pk})


@receiver(post_delete, sender=get_user_model())
def account_deleted(instance: AbstractBaseUser, **kwargs: Any) -> None:
    _tell({"user_id": instance.pk})


@receiver(post_save, sender=VoiceSession)
def session_changed(
    instance: VoiceSession, created: bool, update_fields: Collection[str] | None, **kwargs: Any
) -> None:
    if not created and (update_fields is None or {"owner", "owner_id", "deleted_at"} & set(update_fields)):
        _tell({"session_id": str(instance.pk)})


@receiver(post_delete, sender=VoiceSession)
def session_deleted(instance: VoiceSession, **kwargs: Any) -> None:
    _tell({"session_id": str(instance.pk)})


def _tell(changed: PermissionChanged) -> None:
    transaction.on_commit(lambda: broadcast.publish_permission_sync(changed), robust=True)
