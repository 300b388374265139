"""`/metrics` for Prometheus: what this process has open and has done. No session, account or word is in it.

Nothing is counted here: what the sockets, the journal and `tally` know is read when somebody asks.
"""

from __future__ import annotations

import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from sessions_app import broadcast, conf, journal, presence, tally
from sessions_app.annotation.events import GapCause, Kind
from sessions_app.audio.pcm import SAMPLE_RATE_HZ
from sessions_app.microphone import Microphone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from django.http import HttpRequest
    from prometheus_client.metrics_core import Metric


@require_GET
@never_cache
async def metrics(request: HttpRequest) -> HttpResponse:
    """Answer 404 unless a token or addresses are set, 401 to who is not let in by them."""
    settings = conf.current()
    if not (settings.metrics_token or settings.metrics_allow):
        return HttpResponse(status=404)
    if not (_has_token(request, settings.metrics_token) or _is_near(request)):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(_registry()), content_type=CONTENT_TYPE_LATEST)


def _has_token(request: HttpRequest, token: str) -> bool:
    given = request.headers.get("Authorization", "")
    return bool(token) and secrets.compare_digest(given.encode(), f"Bearer {token}".encode())


def _is_near(request: HttpRequest) -> bool:
    """Tell whether the peer's address is allowed. Behind a proxy everybody has the proxy's: that is no proof."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        address = ip_address(request.META.get("REMOTE_ADDR") or "")
    except ValueError:
        return False
    return any(address in network for network in conf.current().metrics_allow)


def _registry() -> CollectorRegistry:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Linnet())
    ProcessCollector(registry=registry)
    return registry


class _Linnet:
    def collect(self) -> Iterator[Metric]:
        yield from _open_now()
        yield from _written()
        yield from _heard()


def _open_now() -> Iterator[Metric]:
    counts, watchers = presence.current().counts(), presence.current().watchers
    sockets = GaugeMetricFamily("linnet_sockets", "Open views and microphones.", labels=["kind"])
    sockets.add_metric(["view"], counts["viewers"])
    sockets.add_metric(["microphone"], counts["microphones"])
    yield sockets
    lags_ms = [microphone.pipeline.progress.lag_ms for microphone in _microphones(watchers)]
    yield GaugeMetricFamily(
        "linnet_lag_seconds", "Sound that waits to be heard, of the microphone that is furthest behind.",
        value=max(lags_ms, default=0) / 1000,
    )  # fmt: skip


def _written() -> Iterator[Metric]:
    written = journal.current()
    yield GaugeMetricFamily("linnet_journal_depth", "Batches that wait for the database.", value=written.depth)
    yield GaugeMetricFamily(
        "linnet_journal_stalled", "1 while the database does not take what is written.", value=int(written.is_stalled)
    )
    yield CounterMetricFamily("linnet_commits", "Transactions of the journal.", value=written.commits)
    yield _counted("linnet_events", "Events that were stored.", "kind", Kind, tally.events)
    yield _counted("linnet_gaps", "Stretches that were not captioned.", "cause", GapCause, tally.gaps)
    failed = CounterMetricFamily("linnet_layer_failures", "Calls of the channel layer that failed.", labels=["error"])
    for error, count in sorted(broadcast.layer_failures.by_error.items()):
        failed.add_metric([error], count)
    yield failed


def _heard() -> Iterator[Metric]:
    listening = tally.listening.copy()
    for microphone in _microphones(presence.current().watchers):
        listening.update(tally.listened(microphone.pipeline.totals))
    yield CounterMetricFamily("linnet_windows", "Windows of sound that were classified.", value=listening["windows"])
    seconds = CounterMetricFamily("linnet_sound_seconds", "Sound, by what became of it.", labels=["fate"])
    seconds.add_metric(["heard"], listening["heard_samples"] / SAMPLE_RATE_HZ)
    seconds.add_metric(["lost"], listening["lost_samples"] / SAMPLE_RATE_HZ)
    yield seconds


def _counted(name: str, words: str, label: str, known: Iterable[str], counts: dict[str, int]) -> Metric:
    """Return a counter with a line for each of `known`: a label cannot be made up by what was heard."""
    family = CounterMetricFamily(name, words, labels=[label])
    for value in known:
        family.add_metric([str(value)], counts.get(value, 0))
    return family


def _microphones(watchers: Iterable[object]) -> list[Microphone]:
    return [watcher for watcher in watchers if isinstance(watcher, Microphone)]
