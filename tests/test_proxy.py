"""The example proxy writes nothing down that Linnet itself keeps out of its logs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CONF = (Path(__file__).parent.parent / "deploy" / "nginx.conf").read_text()
PLAIN, SECURE = CONF.split("\nserver {")[1:]


def location_of(address):
    """Return what stands in the location that a regular expression gives to `address`."""
    found = re.findall(r"location ~ (\S+) \{(.*?)\}", SECURE, re.DOTALL)
    return next((inside for pattern, inside in found if re.search(pattern, address)), "")


@pytest.mark.parametrize(
    "address",
    ["/shared/of-somebody/", "/accounts/password/reset/key/1-of-somebody/", "/accounts/confirm-email/of-somebody/"],
)
def test_addresses_that_are_keys_are_in_no_log(address):
    assert "access_log off;" in location_of(address)
    assert "error_log  /dev/null;" in location_of(address)


def test_nor_are_they_when_somebody_forgets_the_s_of_https():
    assert "access_log off;" in PLAIN
    assert "error_log  /dev/null;" in PLAIN


def test_what_is_searched_for_is_in_no_log():
    [line] = re.findall(r"log_format linnet '(.*)';", CONF)

    assert " linnet;" in re.search(r"access_log (.*)", SECURE)[0]
    assert not re.search(r"\$(request|request_uri|args|query_string|http_referer)\b(?!_)", line)
