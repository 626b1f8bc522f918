"""Take pictures of a running server at both sizes and in both themes, and tell what axe finds.

    python tests/browser/screenshots.py http://127.0.0.1:8000 FOLDER /,/disconnects/ [--as E-MAIL PASSWORD]

Also the way the pictures of the README are made. Ends with 1 when axe finds something serious or a page
scrolls sideways.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from playwright.sync_api import Browser

if __package__ is None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from browser.chromium import (
    SIZES,
    THEMES,
    chromium,
    lesser_findings,
    serious_findings,
    sided_name,
    sideways_pixels,
    sized,
)


def main() -> int:
    asked = _arguments()
    folder = Path(asked.folder)
    folder.mkdir(parents=True, exist_ok=True)
    faults = 0
    with chromium() as browser:
        cookies = _signed_in(browser, asked.server, *asked.account) if asked.account else None
        for size in asked.sizes.split(","):
            for theme in asked.themes.split(","):
                faults += _pictures(browser, asked, folder, size, theme, cookies)
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("server")
    parser.add_argument("folder")
    parser.add_argument("paths", help="addresses, with commas between")
    parser.add_argument("--as", dest="account", nargs=2, metavar=("E-MAIL", "PASSWORD"))
    parser.add_argument("--sizes", default=",".join(SIZES))
    parser.add_argument("--themes", default=",".join(THEMES))
    return parser.parse_args()


def _signed_in(browser: Browser, server: str, email: str, password: str) -> list:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{server}/account/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", password)
    page.click("main button[type=submit]:not([form])")
    page.wait_for_load_state("networkidle")
    return context.cookies()


def _pictures(
    browser: Browser, asked: argparse.Namespace, folder: Path, size: str, theme: str, cookies: list | None
) -> int:
    faults = 0
    with sized(browser, size, theme) as context:
        if cookies:
            context.add_cookies(cookies)
        page = context.new_page()
        page.on(
            "console",
            lambda said: print(f"  console {said.type}: {said.text}") if said.type == "error" else None,
        )
        page.on("pageerror", lambda error: print(f"  script error: {error}"))
        for path in asked.paths.split(","):
            page.goto(asked.server + path, wait_until="networkidle")
            page.wait_for_function("document.fonts.status === 'loaded'")
            page.screenshot(path=folder / sided_name(path, size, theme), full_page=True)
            found = serious_findings(page)
            wide = sideways_pixels(page)
            faults += len(found) + bool(wide)
            print(f"{size} {theme} {path}: {len(found)} serious" + (f", {wide} px sideways" if wide else ""))
            for line in [*found, *lesser_findings(page)]:
                print(f"  {line}")
    return faults


if __name__ == "__main__":
    raise SystemExit(main())
