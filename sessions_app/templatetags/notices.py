"""Notices where they are looked for: beside the form that they answer, else at the top of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.messages.storage.base import Message
    from django.template import Context

register = template.Library()


@register.filter
def at(messages: Iterable[Message], anchor: str) -> list[Message]:
    """Return the notices that belong to the element `anchor` (`views.access.notice`)."""
    return [message for message in messages if message.extra_tags == f"#{anchor}"]


@register.simple_tag(takes_context=True)
def notices_on_top(context: Context) -> list[Message]:
    """Return the notices that belong to none of the places that the page has for them (`anchors`)."""
    anchors = context.get("anchors") or ()
    return [message for message in context.get("messages") or () if message.extra_tags.removeprefix("#") not in anchors]
