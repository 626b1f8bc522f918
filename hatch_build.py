"""Refuse to build a wheel without the page assets: it would install, start, and look broken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class AssetsMustBeBuilt(BuildHookInterface):  # type: ignore[type-arg]
    """Runs before a wheel or source archive is made; an editable install needs no assets yet."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        built = Path(self.root) / "src" / "interlock" / "web" / "static" / "built" / "app.css"
        if version != "editable" and not built.exists():
            raise FileNotFoundError("The page assets are not built. Run ./do sync, then build again.")
