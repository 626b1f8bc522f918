"""One connector on the stage: its played system, a reach that leads to it, and everything it says, kept for checking."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from interlock.store.contract import TABLES

from ..errors import ConnectorError
from ..limits import MEGABYTE
from ..live import AddressRefused, Http, HttpReply, Incoming, Interrupted, Page, Reach
from ..outbound import open_http
from .case import Case, Key
from .playing import Api, Asked, Played, System, played

# Requests of a check end after these seconds; a busy machine needs some of them for a plain answer.
SECONDS = 10.0
# A case has a handful of pages: a connector that hands over more asks for the same one again and again.
MOST_PAGES = 100


class Broken(AssertionError):
    """The connector does not keep a promise; the text says which."""


class Stage:
    """Runs one connector against one system."""

    def __init__(self, case: Case, server: System, http: Http) -> None:
        self.case = case
        self.server = server
        self.waits: list[float] = []
        self.interrupt_at: int | None = None
        self._http = http
        self.kept: dict[str, str] = {}
        self.reach = Reach(
            http=self._road,
            now=lambda: case.now,
            wait=self._wait,
            keep=self.kept.update,
            kept=lambda: dict(self.kept),
        )

    def _wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if self.interrupt_at is not None and len(self.waits) > self.interrupt_at:
            raise Interrupted("The asking was told to end.")

    def _road(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
    ) -> HttpReply:
        """Lead requests to the case's addresses to the played system, through the real outbound function."""
        for origin in self.case.origins:
            if url == origin or url.startswith((f"{origin}/", f"{origin}?")):
                local = f"http://{self.server.name}{url.removeprefix(origin)}"
                reply = self._http(method, local, headers=headers, query=query, json=json, form=form)
                return replace(reply, url=reply.url.replace(f"http://{self.server.name}", origin))
        raise AddressRefused(f"The connector asked {url.partition('?')[0]}, which the case does not name.")

    def pages(self, cursor: str = "") -> Iterator[Page]:
        """The pages of one asking; every page and every error is looked through for secrets."""
        try:
            asking = self.case.connector.pages({**self.case.answers, **self.kept}, cursor, self.reach)
            for number, page in enumerate(asking):
                if number >= MOST_PAGES:
                    raise Broken("the asking never ends")
                if not isinstance(page, Page):
                    raise Broken(f"pages() handed over a {type(page).__name__} instead of a Page")
                self.keep_secret(repr((page.rows, page.refused, page.cursor)), "a page")
                yield page
        except Broken:
            raise
        except ConnectorError as error:
            self.keep_secret_in(error)
            raise
        except Exception as error:
            raise Broken(
                f"pages() raised {type(error).__name__} ({error}) instead of a ConnectorError"
            ) from error

    def keep_secret_in(self, error: BaseException | None) -> None:
        """Look through an error and all that it came from."""
        seen: set[int] = set()
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            self.keep_secret(f"{error} {error!r}", f"the text of {type(error).__name__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)

    def keep_secret(self, text: str, where: str) -> None:
        for secret in (*self.case.secrets, *filter(None, self.kept.values())):
            encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
            if secret in text or encoded in text:
                raise Broken(f"a secret stands in {where}")


class Spoilable(Stage):
    """A stage whose system can be made to answer badly."""

    server: Played


@contextmanager
def staged(case: Case, api: Api | None = None, *, seconds: float = SECONDS) -> Iterator[Spoilable]:
    """A stage with a fresh system; its requests are given up after so many seconds."""
    with (
        played(api or case.api()) as server,
        open_http(private_hosts=frozenset({server.name}), timeout=seconds, max_bytes=5 * MEGABYTE) as http,
    ):
        yield Spoilable(case, server, http)


def staged_in_process(case: Case, api: Api) -> Stage:
    """A stage whose system is called without a network in between: for many small runs."""
    system = System(api)

    def http(method: str, url: str, **options: Any) -> HttpReply:
        if len(system.asked) > MOST_PAGES:
            raise Broken("the asking never ends")
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True)) | dict(options.get("query") or {})
        body = urlencode(options["form"]) if options.get("form") else json.dumps(options.get("json"))
        headers = {name.lower(): value for name, value in (options.get("headers") or {}).items()}
        asked = Asked(method, parts.path, urlencode(query), query, headers, body.encode())
        answer = system.answer(asked)
        return HttpReply(
            answer.status,
            {name.lower(): value for name, value in answer.headers.items()},
            answer.content(),
            url,
        )

    return Stage(case, system, http)


def rows_of(pages: list[Page]) -> list[Incoming]:
    return [incoming for page in pages for incoming in page.rows]


def key_of(incoming: Incoming) -> Key:
    """Table and key of a record, the parts of a joint key joined."""
    names = TABLES[incoming.table].key if incoming.table in TABLES else ()
    return incoming.table, "|".join(str(incoming.row.get(name, "")) for name in names)
