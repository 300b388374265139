"""What the lists of the admin share: not written to, nothing hidden to be guessed at, and not too much counted."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.core.paginator import Paginator

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

TESTS = {"exact", "gte", "lt", "isnull"}  # what Django's own filters ask of a field
COUNTED = 5000  # rows; nobody pages further, and counting all of a large table takes longer than showing a page


def session_number(term: str) -> uuid.UUID | None:
    """Return the session that a search names, in either spelling of its number; None when it names none."""
    try:
        return uuid.UUID(term)
    except ValueError:
        return None


class ShortPaginator(Paginator):  # type: ignore[type-arg]  # subscriptable only in stubs
    """Counts to `COUNTED` and no further; `are_more` says that there are rows behind."""

    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNTED)

    @property
    def are_more(self) -> bool:
        return self._counted > COUNTED

    @cached_property
    def _counted(self) -> int:
        rows = cast("QuerySet[Model]", self.object_list)
        return rows.order_by().values("pk")[: COUNTED + 1].count()


class OfferedFiltersAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # subscriptable only in stubs
    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        """Only what a filter of the list asks: Django lets every column be asked for in the address, hidden ones too.

        Whoever asks whether a title begins with this or that letter reads it in the end.
        """
        offered: Iterable[Any] = self.get_list_filter(request) if request else ()
        field, *_, test = lookup.split("__") if "__" in lookup else (lookup, "exact")
        is_offered = field in {getattr(each, "parameter_name", each) for each in offered}
        return is_offered and test in TESTS and "\0" not in str(value)  # PostgreSQL takes no NUL


class ReadOnlyAdmin(OfferedFiltersAdmin):
    """Records that nobody writes by hand."""

    paginator = ShortPaginator
    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
