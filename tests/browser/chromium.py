"""Headless Chromium for tests and screenshots, and the question whether axe finds anything serious."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
NAMES = ("chromium", "chromium-headless-shell", "google-chrome")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--font-render-hinting=none"]
# Seconds of a quiet machine are minutes of a shared one; what stays wrong fails all the same.
PATIENCE_MS = 120_000
SIZES = {"1280": (1280, 900), "390": (390, 844)}
THEMES = {"paper": "light", "ink": "dark"}
# A, AA and best practice, as the mocks are checked.
_ALL_RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
# What a page that is made narrow or dark can break, its elements being the same.
LOOKS = ["color-contrast", "link-in-text-block", "scrollable-region-focusable", "target-size"]
# Selectors, and what was found well, are half of its time; nobody reads them here.
_RUN_AXE = """async rules => (await axe.run(document, {runOnly: rules, selectors: false, resultTypes: ["violations"]}))
.violations.map(v => ({rule: v.id, impact: v.impact, help: v.help, nodes: v.nodes.map(n => n.html.slice(0, 160))}))"""


def chromium_path() -> str | None:
    """The browser of this machine; None lets playwright use the one it installed itself."""
    for name in (os.environ.get("INTERLOCK_CHROMIUM", ""), *NAMES):
        found = shutil.which(name) if name else None
        if found:
            return found
    return None


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            browser.close()


def sized(browser: Browser, size: str, theme: str, **more: Any) -> BrowserContext:
    """A context of one size ("1280", "390") whose system prefers one theme ("paper", "ink")."""
    width, height = SIZES[size]
    # Ours forbids inline scripts, as it should; axe comes in past it. A test asks for `bypass_csp=False`.
    options = {"bypass_csp": True, **more}
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=THEMES[theme], **options
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def become(page: Page, size: str, theme: str) -> None:
    """Give an open page another size and theme, with every change of colour at its end."""
    page.emulate_media(color_scheme=THEMES[theme])
    width, height = SIZES[size]
    page.set_viewport_size({"width": width, "height": height})  # charts are drawn anew with it
    page.evaluate(
        "document.getAnimations().filter(one => one instanceof CSSTransition).forEach(one => one.finish())"
    )


def serious_findings(page: Page) -> list[str]:
    """What axe calls serious or critical on this page, one line each; empty is good."""
    return [
        f"{one['rule']} ({one['impact']}): {one['help']}: {' | '.join(one['nodes'][:3])}"
        for one in _violations(page)
        if one["impact"] in {"serious", "critical"}
    ]


def all_findings(page: Page, rules: list[str] | None = None) -> list[str]:
    """Both kinds in one run, for tests that look at many pages; of all rules or only of these."""
    return [
        f"{one['rule']} ({one['impact']}): {' | '.join(one['nodes'][:3])}" for one in _violations(page, rules)
    ]


def lesser_findings(page: Page) -> list[str]:
    """What axe calls moderate or minor; the mocks have none of these either."""
    return [
        f"{one['rule']} ({one['impact']}): {' | '.join(one['nodes'][:3])}"
        for one in _violations(page)
        if one["impact"] not in {"serious", "critical"}
    ]


def _violations(page: Page, rules: list[str] | None = None) -> list[dict[str, Any]]:
    """Run axe in the page. Bringing it in took ten times as long as its run, so later documents have it from their begin."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
        page.add_init_script(path=AXE)
    found: list[dict[str, Any]] = page.evaluate(_RUN_AXE, rules or _ALL_RULES)
    return found


def sideways_pixels(page: Page) -> int:
    """By how much the page is wider than its window; 0 is good."""
    return page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


def sided_name(path: str, size: str, theme: str) -> str:
    """The file of a picture: `disconnects-paper-1280.png`."""
    return f"{path.partition('?')[0].strip('/').replace('/', '-') or 'today'}-{theme}-{size}.png"
