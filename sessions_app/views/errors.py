"""What went wrong, in plain words: a page for people, a code and a sentence as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from asgiref.sync import iscoroutinefunction
from django.http import HttpResponse, JsonResponse
from django.template import loader
from django.utils.cache import add_never_cache_headers, patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from django.utils.translation import gettext as _

from sessions_app.views.access import wants_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

    Answering = Callable[[HttpRequest], HttpResponseBase | Awaitable[HttpResponseBase]]


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    message = _("Linnet did not understand this request.")
    return _answer(request, 400, "bad_request", message)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "forbidden", _("Your account has no right to this."))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "not_found", _("This does not exist, or it is not yours."))


def too_often(request: HttpRequest) -> HttpResponse:
    """What django-allauth answers, too: it looks for `handler429` beside Django's own handlers."""
    return _answer(request, 429, "rate_limited", _("This was tried too many times. Wait some minutes."))


def broken(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "internal", _("This is a mistake in Linnet, not yours. Try again in a minute."))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """For `CSRF_FAILURE_VIEW`. The reason stays in the log."""
    message = _(
        "Send the CSRF token: what the cookie csrftoken holds, as the header X-CSRFToken or the field "
        "csrfmiddlewaretoken. Pages with a form, such as the login, set the cookie."
    )
    return _answer(request, 403, "csrf_failed", message, template="403_csrf.html")


@sync_and_async_middleware
def wrong_method(get_response: Answering) -> Answering:
    """Middleware: give the empty 405 of Django's decorators words; it is no exception, so it has no handler."""
    if iscoroutinefunction(get_response):

        async def answered_later(request: HttpRequest) -> HttpResponseBase:
            return _in_words(request, await cast("Awaitable[HttpResponseBase]", get_response(request)))

        return answered_later

    def answered(request: HttpRequest) -> HttpResponseBase:
        return _in_words(request, cast("HttpResponseBase", get_response(request)))

    return answered


def _in_words(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if response.status_code != 405 or not isinstance(response, HttpResponse) or response.content:
        return response
    methods = response.headers.get("Allow", "")
    message = _("%(method)s does not work here. Use %(methods)s.") % {"method": request.method, "methods": methods}
    worded = _answer(request, 405, "method_not_allowed", message)
    worded.headers["Allow"] = methods
    return worded


def _answer(request: HttpRequest, status: int, error: str, message: str, *, template: str = "") -> HttpResponse:
    """Answer without the request's context: a page about a mistake must not need what may be broken."""
    answer: HttpResponse
    if wants_json(request) or request.content_type == "application/json":
        answer = JsonResponse({"error": error, "message": message}, status=status)
    else:
        answer = HttpResponse(loader.get_template(template or f"{status}.html").render(), status=status)
    add_never_cache_headers(answer)
    patch_vary_headers(answer, ["Accept"])
    return answer
