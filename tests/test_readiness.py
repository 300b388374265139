"""Whether a balancer may send more people here."""

from __future__ import annotations

import pytest
from django.test import AsyncClient

from sessions_app import draining

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_process_on_its_way_out_takes_nobody_in():
    draining.current().is_draining = True

    answer = await AsyncClient().get("/readyz")

    assert answer.status_code == 503
    assert answer.text.endswith("process: is draining\n")


async def test_it_is_alive_nevertheless():
    draining.current().is_draining = True

    assert (await AsyncClient().get("/healthz")).status_code == 200
