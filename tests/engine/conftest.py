"""The engine, loaded once."""

from __future__ import annotations

import pytest

from tests import speech


@pytest.fixture(scope="session")
def engine():
    return speech.loaded_engine()
