"""`{% asset "app.css" %}`: the address of a built file, with its content's mark so that browsers may keep it."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from django import template
from django.templatetags.static import static

register = template.Library()
BUILT = Path(__file__).resolve().parent.parent / "static" / "built"


@register.simple_tag
def asset(name: str) -> str:
    path = BUILT / name
    try:
        changed = path.stat().st_mtime_ns
    except FileNotFoundError:
        return static(f"built/{name}")
    return f"{static(f'built/{name}')}?v={_mark_of(path, changed)}"


@lru_cache(maxsize=32)
def _mark_of(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:8]
