"""Whatever is sent with any form or address of any page, nobody gets an error of the server.

Takes minutes: it is in `./do slow`, on both databases. What it found has tests of its own beside what was mended.
"""

from __future__ import annotations

import copy
import logging
import random
import re
import shutil
from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urljoin, urlsplit

import pytest
from django.db import transaction
from django.test import Client

from browser.company import addresses, make_company, written_theme
from web.garbage import BODIES, GARBAGE, Form, Page

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
MOST_PAGES, A_FIELD = 600, 4
FULL = 507  # the disk is full: said in words


class Sender:
    """Sends what it is told to and gives everything back that this wrote; `broken` are the answers that failed."""

    def __init__(self, client: Client) -> None:
        client.raise_request_exception = False
        self.client, self.sent, self.broken = client, 0, {}

    def send(self, method: str, path: str, data: object = None, kind: str = "") -> object:
        cookies = copy.deepcopy(self.client.cookies)
        with transaction.atomic():
            if kind:
                answer = self.client.generic(method, path, data, content_type=kind)
            else:
                answer = getattr(self.client, method.lower())(path, data)
            if answer.streaming:
                b"".join(answer.streaming_content)  # which closes the file as well
            transaction.set_rollback(True)
        self.client.cookies = cookies  # whoever signed out on the way goes on
        self.sent += 1
        if answer.status_code >= 500 and answer.status_code != FULL:
            where = answer.exc_info[2] if getattr(answer, "exc_info", None) else None
            while where and where.tb_next:
                where = where.tb_next
            line = f"{where.tb_frame.f_code.co_filename}:{where.tb_lineno}" if where else answer.status_code
            self.broken.setdefault(line, (method, path, str(data)[:300]))
        return answer

    def page(self, path: str) -> Page | None:
        answer = self.send("GET", path)
        if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
            return None
        return Page(answer.content.decode())


def kind_of(address: str) -> str:
    """The same for the pages of all things of a kind."""
    parts = urlsplit(address)
    names = sorted({name for name, _ in parse_qsl(parts.query)})
    return f"{re.sub(r'[0-9a-f-]{24,}|[0-9]+', '*', parts.path)}?{','.join(names)}"


def pages(sender: Sender, begin: Iterable[str]) -> Iterator[tuple[str, Page]]:
    """Every kind of page that these and their links lead to."""
    waiting = list(begin)
    known = {kind_of(one) for one in waiting}
    for path in waiting:  # grows on the way
        page = sender.page(path)
        if page is None:
            continue
        yield path, page
        for link in page.links:
            to = urljoin(path, link).partition("#")[0]
            if (
                to.startswith("/")
                and not to.startswith("//")
                and "logout" not in to
                and kind_of(to) not in known
            ):
                known.add(kind_of(to))
                waiting.append(to)
                assert len(waiting) < MOST_PAGES, "links without end"


def throw_at(sender: Sender, found: Iterable[tuple[str, Page]], dice: random.Random) -> None:
    tried = set()
    for path, page in found:
        parts = urlsplit(path)
        asked = dict(parse_qsl(parts.query))
        for name in asked:
            for wrong in GARBAGE:
                sender.send("GET", parts.path, asked | {name: wrong})
        for form in page.forms:
            to = urljoin(path, form.action)
            kind = (kind_of(to), form.method, frozenset((one.name, one.kind) for one in form.fields))
            if urlsplit(to).netloc or "logout" in to or kind in tried:
                continue
            tried.add(kind)
            throw_with(sender, form, to, dice)


def throw_with(sender: Sender, form: Form, to: str, dice: random.Random) -> None:
    for data in form.tries(dice, A_FIELD):
        sender.send(form.method, to if form.method == "POST" else urlsplit(to).path, data)
    for body, kind in BODIES if form.method == "POST" else ():
        sender.send("POST", to, body, kind)


@pytest.fixture
def company(home, demo_folder, person):
    """With records of its own: what is done to them is not given back."""
    shutil.copytree(demo_folder, home / "records")
    logging.disable(logging.CRITICAL)  # thousands of refusals
    yield make_company(person, written_theme)
    logging.disable(logging.NOTSET)


def sender_for(role, company, person) -> Sender:
    client = Client()
    if role == "owner":
        client.force_login(company["ines"].user)
    elif role != "visitor":
        client.force_login(person(role, "service", account="a1").user)
    return Sender(client)


@pytest.mark.parametrize("role", ["owner", "partner", "customer", "visitor"])
def test_no_garbage_in_any_form_or_address_is_an_error_of_the_server(company, person, role):
    sender = sender_for(role, company, person)

    throw_at(sender, pages(sender, addresses(company)), random.Random(role))

    assert sender.broken == {}
    assert sender.sent > 500


def test_a_view_that_believes_what_it_is_sent_is_found(company, person, monkeypatch):
    """The control: a number is read as it was before."""
    monkeypatch.setattr("interlock.reconnect.views.lists.number_of", int)
    sender = sender_for("owner", company, person)

    throw_at(sender, [(path := "/disconnects/?after=1", sender.page(path))], random.Random(1))

    assert any("views/lists.py" in line for line in sender.broken)
