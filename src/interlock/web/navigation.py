"""What every page needs: the doors this person may open, the things that wait behind each, and the theme.

A room states how many things wait for somebody through a function named here; each is asked once a request
and costs one query.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from interlock.converse.community.promise import waiting_note as community_note
from interlock.converse.queries import waiting_count
from interlock.fabric.access import Act, may, person_of
from interlock.fabric.models import Person
from interlock.fabric.work.looking import failed_count
from interlock.listen.queries import sources_note
from interlock.listen.waiting import waiting_note
from interlock.reconnect.queries import open_count


def failures_note(person: Person) -> str:
    """What the frame says beside Work: that something failed, or nothing."""
    failed = failed_count()
    return ngettext("%(n)d failed", "%(n)d failed", failed) % {"n": failed} if failed else ""


def talks_waiting(person: Person) -> int:
    """How many conversations wait for this person, or for somebody they stand in for."""
    return waiting_count(person, timezone.now())


THEMES = ("paper", "ink")
THEME_COOKIE = "interlock_theme"


@dataclass(frozen=True)
class Door:
    """One place in the rail. `waiting` counts what waits behind it for a person, `note` says it in words."""

    name: Any
    url_name: str
    icon: str
    key: str
    waiting: Callable[[Person], Any] | None = None
    acts: frozenset[Act] = frozenset({Act.READ})
    note: Callable[[Person], Any] | None = None
    short: Any = ""  # for the phone's bar, where the name is too long
    in_bar: bool = True  # whether it stands in the phone's bar where not all doors fit
    under: str = ""  # the address whose pages all lie behind this door, where it is not the door's own


ANYBODY = frozenset({Act.READ, Act.TALK})
# The fifth place of the phone's bar is More.
BAR_PLACES = 5

# In the order of the product. Consults, launches, paths and proof come with their rooms.
DOORS = (
    Door(_("Today"), "web:today", "sun", "t", acts=ANYBODY),
    Door(_("Signals"), "listen:waiting", "audio-lines", "s", note=waiting_note, under="listen:signals"),
    Door(_("Disconnects"), "reconnect:disconnects", "unlink", "d", waiting=open_count),
    Door(_("Conversations"), "converse:conversations", "message-square", "c", acts=ANYBODY,
         waiting=talks_waiting, short=_("Talk"), in_bar=False),
    Door(_("Community"), "community:list", "messages-square", "m", acts=ANYBODY, note=community_note),
)  # fmt: skip
SOURCES = Door(_("Sources"), "listen:sources", "database", "o", note=sources_note)
SEARCH = Door(_("Search"), "web:search", "search", "/", acts=ANYBODY)
WORK = Door(_("Work"), "web:work", "cog", "w", acts=frozenset({Act.IMPORT}), note=failures_note)
PEOPLE = Door(_("People"), "web:people", "users", "p", acts=frozenset({Act.READ}))


@dataclass(frozen=True)
class OpenDoor:
    """A door as a page shows it to one person."""

    door: Door
    url: str
    current: bool
    waiting: str


class Navigation:
    """The frame of one request; everything in it is worked out when a template first asks."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.person = person_of(request)

    @cached_property
    def doors(self) -> list[OpenDoor]:
        return [one for one in map(self._opened, DOORS) if one]

    @property
    def bar(self) -> list[OpenDoor]:
        """The doors that the phone's bar has room for; the others stand under More."""
        return [one for one in self.doors if one.door.in_bar or len(self.doors) < BAR_PLACES]

    @cached_property
    def sources(self) -> OpenDoor | None:
        return self._opened(SOURCES)

    @cached_property
    def work(self) -> OpenDoor | None:
        """Background work. The rail shows it only when something failed."""
        return self._opened(WORK)

    @cached_property
    def search(self) -> OpenDoor | None:
        return self._opened(SEARCH)

    @cached_property
    def people(self) -> OpenDoor | None:
        return self._opened(PEOPLE)

    @cached_property
    def theme(self) -> str:
        """The person's choice, a visitor's cookie, or nothing: then the system decides."""
        chosen = self.person.theme if self.person else self.request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in THEMES else ""

    @property
    def is_new(self) -> bool:
        """Whether nobody has an account yet. One query, asked by the page to sign in alone."""
        return not Person.objects.exists()

    @property
    def sign_on(self) -> str:
        """What the single sign-on is called; nothing where there is none."""
        return settings.SSO.get("name", "")

    @cached_property
    def is_signed_on(self) -> bool:
        """Whether this person comes in through it. One query, asked by the page of passkeys alone."""
        return bool(self.person and self.person.user and self.person.user.sign_ons.exists())

    @property
    def keys(self) -> bool:
        return self.person is None or self.person.shortcuts

    @property
    def now(self) -> Any:
        return timezone.localtime()

    def __iter__(self) -> Iterator[OpenDoor]:
        return iter(self.doors)

    def _opened(self, door: Door) -> OpenDoor | None:
        if not any(may(self.person, act) for act in door.acts):
            return None
        url = reverse(door.url_name)
        return OpenDoor(door, url, self._is_current(door, url), self._waiting(door))

    def _is_current(self, door: Door, url: str) -> bool:
        if door.url_name == "web:today":
            return self.request.path == url
        return self.request.path.startswith(reverse(door.under) if door.under else url)

    def _waiting(self, door: Door) -> str:
        ask = door.waiting or door.note
        answer = ask(self.person) if ask and self.person else None
        return str(answer) if answer else ""


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Template context of the frame."""
    if not hasattr(request, "navigation"):
        request.navigation = Navigation(request)  # type: ignore[attr-defined]  # kept for the request's second template
    frame = request.navigation  # type: ignore[attr-defined]
    return {"person": frame.person, "navigation": frame}
