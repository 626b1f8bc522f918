"""Walk over pages, wide and narrow, dark and light, and say what is wrong with any of them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from browser.chromium import LOOKS, all_findings, become, sideways_pixels


def walk(page: Page, server: str, paths: list[str], *, anew: bool = False) -> dict[tuple[str, str], Any]:
    """What is wrong with these pages, by size and address.

    In short every page is loaded once, wide or narrow in turns, and then made the other, where its looks are asked
    about; what is wrong then must also be wrong where it is loaded so. `anew` loads it at each size.
    """
    faults = {}
    for number, path in enumerate(paths):
        looks = [("1280", "ink"), ("390", "paper")][:: 1 if number % 2 else -1]
        for size, theme in looks:
            become(page, size, theme)
            loaded = anew or (size, theme) == looks[0]
            found = look(page, server + path if loaded else "")
            if found and not loaded:
                found = look(page, server + path)
            if found:
                faults[size, path] = found
    return faults


def look(page: Page, address: str = "") -> tuple[list[str], int, int] | None:
    """What is wrong with the page as it is loaded from this address, or with its looks as it stands; None is good."""
    errors: list[str] = []
    page.on("console", hear := lambda said: errors.append(said.text) if said.type == "error" else None)
    status = page.goto(address, wait_until="load").status if address else 200
    said = [*all_findings(page, LOOKS if not address else None), *errors]
    page.remove_listener("console", hear)
    # The browser itself reports the answer 404 of a page that is not there.
    said = [one for one in said if "404" not in one or status != 404]
    return (said, sideways_pixels(page), status) if said or sideways_pixels(page) or status >= 500 else None
