"""An open page hears what is new from the real stream process, under the real content policy, and disturbs nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from browser.chromium import sized
from browser.test_olist_story import welcome
from cli.conftest import Served, served  # noqa: F401 - a fixture

pytestmark = pytest.mark.browser
SCRIPT = Path(__file__).parents[1] / "cli" / "stream_to_hear.py"


class Teller:
    """Tells events in the served installation."""

    def __init__(self, home: Path) -> None:
        kept = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith(("INTERLOCK_", "DATABASE_"))
        }
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            env=kept | {"INTERLOCK_HOME": str(home), "DJANGO_SETTINGS_MODULE": "interlock.config.settings"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, topic: str, key: str) -> None:
        self.process.stdin.write(f"tell {topic} {key}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline().strip().isdigit()

    def end(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(120)


@pytest.fixture
def teller(served: Served):  # noqa: F811 - the fixture imported above
    made = Teller(served.home)
    yield made
    made.end()


@pytest.fixture
def ines(browser, served: Served) -> Page:  # noqa: F811 - see above
    """The owner of the served installation, whose page may break no rule of the content policy."""
    context = sized(browser, "1280", "paper", bypass_csp=False)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    welcome(page, served.owner_link(), "Ines Calder", "ines@example.com")
    yield page
    context.close()
    assert [text for text in said if "Content Security Policy" in text or "Error" in text] == []


def test_a_list_says_how_much_came_and_a_region_loads_itself(ines, served, teller):  # noqa: F811 - see above
    ines.goto(f"{served.address}/signals/")
    news = ines.locator("[data-news]")
    ines.locator("h1").click()
    expect(news).to_be_empty()
    before = ines.locator("h1").bounding_box()

    teller.tell("signals", "s-1")
    expect(news).to_have_text("One new signal came in; show it")
    teller.tell("signals", "s-2")
    expect(news).to_have_text("2 new signals came in; show them")
    assert ines.locator("h1").bounding_box() == before
    assert ines.evaluate("document.activeElement.id") == "main"
    news.get_by_role("link").click()
    expect(news).to_be_empty()

    stream = served.children("/stream")[0]
    stream.send_signal(signal.SIGKILL)
    teller.tell("signals", "s-3")
    expect(news).to_have_text("One new signal came in; show it")

    ines.goto(f"{served.address}/work/")
    ines.evaluate("document.querySelector('#work').dataset.old = 'yes'")
    focused = ines.locator("#work a, #work button, #work summary").first
    if focused.count():
        focused.focus()
    ines.evaluate("document.activeElement.blur()")
    teller.tell("work", "w-1")
    expect(ines.locator("#work[data-old]")).to_have_count(0)
    expect(ines.locator("#work h1")).to_contain_text("Nothing failed")
