"""What a session costs as there are more of them, and as more people watch: `python -m benchmarks.growth`.

It measures in real time, appends a line of JSON for each run to `docs/images/growth.jsonl`, prints the table and draws
`docs/images/growth.svg` from the newest line of each load. `--draw` only draws.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from benchmarks.load.report import table
from benchmarks.load.run import Load
from benchmarks.server import measure_all

SESSIONS = (1, 10, 100, 400)
VIEWERS = (1, 5, 20)
WATCHED_SESSIONS = 10  # with 20 viewers each, the load needs a core of its own already
IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"

STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #1f2937 }
  .head { font-weight: 600 } .unit { fill: #6b7280 }
  .axis { stroke: #9ca3af } .ours { stroke: #0f766e; fill: none; stroke-width: 2.5 }
  .floor { stroke: #6b7280; fill: none; stroke-width: 2; stroke-dasharray: 5 4 }
  circle { fill: #0f766e } .of-floor { fill: #6b7280 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e5e7eb } .unit { fill: #9ca3af } .ours { stroke: #5eead4 } circle { fill: #5eead4 }
    .floor { stroke: #9ca3af } .of-floor { fill: #9ca3af }
  }
"""
WIDTH, HEIGHT = 760, 300
PANEL_WIDTH, TOP, BOTTOM, MARGIN = 330, 60, 235, 36


@dataclass(frozen=True, slots=True)
class Point:
    name: str  # on the axis
    ours: float
    floor: float


def loads() -> list[Load]:
    more = [Load(sessions=sessions, viewers=1, seconds=10, is_flat_out=False) for sessions in SESSIONS]
    watched = [Load(sessions=WATCHED_SESSIONS, viewers=n, seconds=10, is_flat_out=False) for n in VIEWERS[1:]]
    return more + watched


def picture(measured: dict[tuple[int, int], dict[str, float]]) -> str:
    """Return the SVG of two panels: more sessions, more viewers."""
    sessions = [_point(str(number), measured[number, 1]) for number in SESSIONS]
    viewers = [_point(str(number), measured[WATCHED_SESSIONS, number]) for number in VIEWERS]
    summary = ", ".join(f"{point.ours:.1f} with {point.name}" for point in sessions)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">',
            "<title>What an hour of sound costs the server</title>",
            f"<desc>CPU seconds for an hour of sound, by number of sessions: {escape(summary)}.</desc>",
            f"<style>{STYLE}</style>",
            *_panel(sessions, 20, "More sessions, one viewer each", "sessions"),
            *_panel(viewers, 20 + PANEL_WIDTH + 50, f"More viewers, {WATCHED_SESSIONS} sessions", "viewers each"),
            "</svg>\n",
        ]
    )


def _point(name: str, line: dict[str, float]) -> Point:
    return Point(name, line["cpu_s_per_h"], line["floor_s_per_h"])


def _panel(points: list[Point], left: int, head: str, axis: str) -> list[str]:
    top = max(point.ours for point in points) * 1.1
    xs = [left + MARGIN + index * (PANEL_WIDTH - 2 * MARGIN) / (len(points) - 1) for index in range(len(points))]

    def y(value: float) -> float:
        return BOTTOM - value / top * (BOTTOM - TOP)

    parts = [
        f'<text class="head" x="{left}" y="20">{escape(head)}</text>',
        f'<text class="unit" x="{left}" y="38">CPU s for an hour of sound; dashed: the bare sink</text>',
        f'<line class="axis" x1="{left}" x2="{left + PANEL_WIDTH}" y1="{BOTTOM}" y2="{BOTTOM}"/>',
        f'<text class="unit" x="{left + PANEL_WIDTH}" y="{BOTTOM + 40}" text-anchor="end">{escape(axis)}</text>',
    ]
    for name, values in (("ours", [point.ours for point in points]), ("floor", [point.floor for point in points])):
        path = " ".join(f"{x:.1f},{y(value):.1f}" for x, value in zip(xs, values, strict=True))
        parts.append(f'<polyline class="{name}" points="{path}"/>')
    for x, point in zip(xs, points, strict=True):
        parts += [
            f'<circle cx="{x:.1f}" cy="{y(point.ours):.1f}" r="4"/>',
            f'<circle class="of-floor" cx="{x:.1f}" cy="{y(point.floor):.1f}" r="3"/>',
            f'<text x="{x + 6:.1f}" y="{y(point.ours) - 8:.1f}">{point.ours:.1f}</text>',
            f'<text x="{x:.1f}" y="{BOTTOM + 20}" text-anchor="middle">{point.name}</text>',
        ]
    return parts


def draw(source: Path, target: Path) -> None:
    lines = [json.loads(line) for line in source.read_text().splitlines()]
    target.write_text(picture({(line["sessions"], line["viewers"]): line for line in lines}))


def main() -> int:
    arguments = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    arguments.add_argument("--server", choices=("uvicorn", "daphne"), default="uvicorn")
    arguments.add_argument("--draw", action="store_true", help="measure nothing, only draw what was measured")
    arguments.set_defaults(database="sqlite", stub_ms=0.0, json=IMAGES / "growth.jsonl")
    options = arguments.parse_args()
    IMAGES.mkdir(exist_ok=True)
    measured = [] if options.draw else measure_all([(options.server, load) for load in loads()], options)
    if measured:
        print(table(measured))
    draw(options.json, IMAGES / "growth.svg")
    return int(any(one.lost or one.duplicated for one in measured))


if __name__ == "__main__":
    raise SystemExit(main())
