"""Notices where they are looked for: beside the form that they answer, else at the top of the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.contrib.messages import ERROR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.contrib.messages.storage.base import Message
    from django.template import Context

register = template.Library()


@register.filter
def at(messages: Iterable[Message], anchor: str) -> list[Message]:
    """Return the notices that belong to the element `anchor` (`views.access.notice`)."""
    return [message for message in messages if _place(message) == anchor]


@register.filter
def refused_at(messages: Iterable[Message], anchor: str) -> set[str]:
    """Return the names of the forms at `anchor` that were refused (`views.access.refused`)."""
    return {message.extra_tags.rpartition(" ")[2] for message in at(messages, anchor) if is_refusal(message)}


@register.filter
def is_refusal(message: Message) -> bool:
    return message.level >= ERROR


@register.simple_tag(takes_context=True)
def notices_on_top(context: Context) -> list[Message]:
    """Return the notices that belong to none of the places that the page has for them (`anchors`)."""
    anchors = context.get("anchors") or ()
    return [message for message in context.get("messages") or () if _place(message) not in anchors]


@register.simple_tag(takes_context=True)
def was_refused(context: Context) -> bool:
    """Tell whether the page says that a form was refused: in a notice, or beside the form's fields."""
    return bool(getattr(context.get("form"), "errors", None)) or any(
        is_refusal(message) for message in context.get("messages") or ()
    )


def _place(message: Message) -> str:
    return message.extra_tags.partition(" ")[0].removeprefix("#")
