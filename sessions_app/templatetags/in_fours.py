"""Codes to be copied by hand, in groups that the eye does not lose."""

from __future__ import annotations

from django import template

register = template.Library()

GROUP = 4


@register.filter
def in_fours(code: str) -> list[str]:
    """Return `code` in pieces of four; the last may be shorter."""
    return [code[at : at + GROUP] for at in range(0, len(code), GROUP)]
