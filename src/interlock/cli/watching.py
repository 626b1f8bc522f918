"""A progress bar for an import that runs in this process: what is done, how far, how fast."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from interlock.listen.models import Import
from interlock.listen.progress import OnProgress


@contextmanager
def watched(quiet: bool) -> Iterator[OnProgress | None]:
    """Give a function that draws an import's progress on the error stream; none when nobody watches."""
    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        line = bar.add_task("Opening", total=None)

        def on_progress(import_: Import) -> None:
            rows = f", {import_.rows_done:,} rows" if import_.rows_done else ""
            bar.update(
                line,
                description=f"{import_.doing}{rows}",
                completed=import_.done,
                total=import_.total or None,
            )

        yield on_progress
