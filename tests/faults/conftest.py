"""What the fault tests stand on: a prepared database of each kind, a Redis, classifiers, and worlds made of them."""

from __future__ import annotations

import shutil
import socket
import uuid

import pytest

from tests.conftest import require
from tests.faults import logs
from tests.faults.processes import (
    POSTGRES,
    ClassifierProcess,
    PostgresWorld,
    Prepared,
    Redis,
    World,
    on_postgres,
)


def answers(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture(autouse=True)
def canary_in_no_log():
    """Whatever happens to a server: what was said is not in what it writes to stdout and stderr."""
    yield
    assert logs.sightings() == []


@pytest.fixture(scope="session", autouse=True)
def canary_in_no_last_words():
    yield
    assert logs.sightings() == []


@pytest.fixture(scope="session")
def prepared(tmp_path_factory):
    return Prepared(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="session")
def prepared_postgres(tmp_path_factory):
    require(answers(5432), "PostgreSQL at 127.0.0.1:5432")
    name = f"linnet_faults_template_{uuid.uuid4().hex[:12]}"
    on_postgres(f"CREATE DATABASE {name}")
    yield Prepared(tmp_path_factory.mktemp("prepared-postgres"), f"{POSTGRES}/{name}")
    on_postgres(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def classifier(tmp_path_factory):
    """A plain cf-voice: what it heard in a window is final at once."""
    process = ClassifierProcess(tmp_path_factory.mktemp("classifier"))
    process.start()
    yield process
    process.kill()


@pytest.fixture(scope="session")
def slow_classifier(tmp_path_factory):
    """A cf-voice whose words stay open for three windows."""
    process = ClassifierProcess(tmp_path_factory.mktemp("slow-classifier"), utterance_windows=3)
    process.start()
    yield process
    process.kill()


@pytest.fixture(scope="module")
def redis(tmp_path_factory):
    require(shutil.which("redis-server") is not None, "redis-server")
    process = Redis(tmp_path_factory.mktemp("redis"))
    process.start()
    yield process
    process.kill()


@pytest.fixture(scope="module")
def make_world(tmp_path_factory, prepared):
    """Return a maker of embedded installations: SQLite, the in-memory layer."""
    worlds = []

    def make(**settings):
        worlds.append(World(tmp_path_factory.mktemp("world"), prepared, **settings))
        return worlds[-1]

    yield make
    for world in worlds:
        world.end()


@pytest.fixture(scope="module")
def make_big_world(tmp_path_factory, prepared_postgres):
    """Return a maker of installations on PostgreSQL."""
    worlds = []

    def make(**settings):
        worlds.append(PostgresWorld(tmp_path_factory.mktemp("big-world"), prepared_postgres, **settings))
        return worlds[-1]

    yield make
    for world in worlds:
        world.end()
