"""The benchmark's one table: what was measured, its target, and whether the target was met."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BOUND = re.compile(r"([≤≥])\s*([\d.]+)")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Row:
    """`target` and `measured` are texts for people; "-" is no target."""

    what: str
    target: str
    measured: str

    @property
    def is_met(self) -> bool:
        """Whether each number of `measured` keeps the bound at its place in `target`; numbers beyond have none.

        A target without ≤ and ≥ is a number, or several, to be met exactly: "0 / 0".
        """
        bounds = _BOUND.findall(self.target) or [("=", number) for number in _NUMBER.findall(self.target)]
        numbers = [float(number) for number in _NUMBER.findall(self.measured)]
        return len(numbers) >= len(bounds) and all(
            _keeps(number, sign, float(bound)) for number, (sign, bound) in zip(numbers, bounds, strict=False)
        )

    def __str__(self) -> str:
        return f"{self.what:62}{self.target:>15}  {self.measured}{'' if self.is_met else '   MISSED'}"


def _keeps(number: float, sign: str, bound: float) -> bool:
    if sign == "=":
        return number == bound
    return number <= bound if sign == "≤" else number >= bound
