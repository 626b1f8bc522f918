"""Draw docs/architecture.svg from the code: the floors of .importlinter, and an arrow for each import between rooms.

Run `./do shell docs/draw_architecture.py` after a room starts or stops using another; a test compares the two.
"""

from __future__ import annotations

from configparser import ConfigParser
from pathlib import Path

import grimp

ROOT = Path(__file__).parent.parent
PICTURE = ROOT / "docs" / "architecture.svg"
WIDTH, BOX_HEIGHT, STEP, MARGIN, LANE = 820, 40, 76, 24, 150
MEANING = {
    "config": "settings, addresses",
    "cli": "the interlock command",
    "web": "frame, Today, people, look",
    "reconnect": "required against actual coordination",
    "converse": "talk about a context",
    "listen": "signals, sources, imports",
    "fabric": "people, contexts, evidence, journal",
    "store": "contract, Delta tables, engine",
    "analytics": "statistics, rules, drivers",
    "connectors": "files, databases, demo",
}


def floors() -> list[list[str]]:
    """The layers of the import contract, the top one first."""
    contract = ConfigParser()
    contract.read(ROOT / ".importlinter")
    lines = contract["importlinter:contract:floors"]["layers"].split("\n")
    return [[room.strip() for room in line.split("|")] for line in lines if line.strip()]


def room_imports() -> set[tuple[str, str]]:
    """Pairs of rooms in which some module of the first imports some module of the second."""
    graph = grimp.build_graph("interlock", cache_dir=None)
    rooms = {room for floor in floors() for room in floor}
    pairs = set()
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            here, there = (name.split(".")[1] if "." in name else "" for name in (module, imported))
            if here in rooms and there in rooms and here != there:
                pairs.add((here, there))
    return pairs


def picture() -> str:
    """Return the SVG as text."""
    places: dict[str, tuple[float, float, float]] = {}
    boxes = []
    for row, floor in enumerate(floors()):
        width = (WIDTH - LANE - 2 * MARGIN - 16 * (len(floor) - 1)) / len(floor)
        for column, room in enumerate(floor):
            x, y = MARGIN + column * (width + 16), MARGIN + row * STEP
            places[room] = (x, y, width)
            boxes.append(_box(room, x, y, width))
    height = 2 * MARGIN + (len(floors()) - 1) * STEP + BOX_HEIGHT
    arrows = [_arrow(places[a], places[b], lane) for lane, (a, b) in enumerate(sorted(room_imports()))]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'font-family="Inter, system-ui, sans-serif" font-size="13" role="img" aria-label="Rooms of Interlock and their imports">',
            f'<rect width="{WIDTH}" height="{height}" fill="#FAF7F0"/>',
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0L8 4L0 8Z" fill="#0B5F6B"/></marker></defs>',
            *arrows,
            *boxes,
            "</svg>",
            "",
        ]
    )


def _box(room: str, x: float, y: float, width: float) -> str:
    return (
        f'<g><rect x="{x:.0f}" y="{y}" width="{width:.0f}" height="{BOX_HEIGHT}" rx="6" fill="#FFFDF8" stroke="#1C1A17"/>'
        f'<text x="{x + 12:.0f}" y="{y + 17}" font-weight="600" fill="#1C1A17">{room}</text>'
        f'<text x="{x + 12:.0f}" y="{y + 32}" font-size="11" fill="#686056">{MEANING.get(room, "")}</text></g>'
    )


def _arrow(start: tuple[float, float, float], end: tuple[float, float, float], lane: int) -> str:
    """A straight arrow to the next floor, else one round the right side in a lane of its own."""
    (x1, y1, w1), (x2, y2, w2) = start, end
    if y2 - y1 == STEP:
        middle = x2 + w2 / 2
        return f'<path d="M{middle:.0f} {y1 + BOX_HEIGHT}V{y2 - 2}" stroke="#0B5F6B" fill="none" marker-end="url(#tip)"/>'
    side = WIDTH - LANE - MARGIN + 12 + (lane % 13) * 10
    from_y, to_y = y1 + 8 + (lane * 5) % 26, y2 + 8 + (lane * 7) % 26
    return (
        f'<path d="M{x1 + w1:.0f} {from_y}H{side}V{to_y}H{x2 + w2 + 2:.0f}" stroke="#0B5F6B" stroke-opacity=".55" '
        f'fill="none" marker-end="url(#tip)"/>'
    )


if __name__ == "__main__":
    PICTURE.write_text(picture())
    print(f"Drew {PICTURE.relative_to(ROOT)}")
