"""A language model names themes, where whoever runs this machine named one. Off by default, and never needed.

Only themes that no person named are asked about, each once for what is said of it; a name that somebody took back is not
asked for again. What the model answers is checked like any foreign text, and the found name stays where it is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import NamedTuple

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interlock.analytics.themes.given_names import (
    QUOTE_SIGNS,
    NameRefused,
    checked_name,
    reads_like_an_instruction,
)
from interlock.fabric import events, journal, work
from interlock.fabric.personal import masked_for_all
from interlock.listen.models import ChangeKind, NameAsked, Signal, Theme, ThemeChange
from interlock.listen.themes import model_asking
from interlock.listen.themes.encoding import COLUMNS, text_of
from interlock.listen.themes.model_asking import Said

# The most important first; the others have their turn after the next learning.
MOST_A_RUN = 50
# A theme of which no quote may be sent is no example.
LOOKED_AT = 10
# What a trial sends: nobody's words.
TRIAL = Said(
    ("parcel late", "two weeks"), ("The parcel came two weeks late.", "Still waiting for my parcel.")
)


@dataclass(frozen=True)
class Asking:
    """A theme and what a model is told of it."""

    theme: Theme
    said: Said

    @property
    def mark(self) -> str:
        return blake2b(self.said.as_json().encode(errors="replace"), digest_size=16).hexdigest()


class Trial(NamedTuple):
    """Whether a name came back, and how that went in a sentence."""

    well: bool
    said: str


def ask_later() -> None:
    """Let a worker ask for names, where a model is named."""
    if model_asking.is_set_up():
        work.ask(name_themes)


@work.task(
    queue="sources",
    attempts=6,
    first_wait=60,
    key="theme names",
    title=gettext_lazy("Ask a language model for names of themes"),
)
def name_themes() -> int:
    """Ask about the themes that have no name of a person yet; return how many were named."""
    return name_some(now=timezone.now()) if model_asking.is_set_up() else 0


def name_some(*, now: datetime, most: int = MOST_A_RUN) -> int:
    """Ask about at most `most` themes, the most important first; return how many were named.

    Raises:
        AskAgainLater, GiveUp: as `model_asking.answer_to`; what was named before stays.
    """
    named = 0
    for asking in to_ask(most):
        answer, refused = model_asking.answer_to(asking.said), ""
        try:
            named += name(theme=asking.theme, answer=checked_name(answer), now=now)
        except NameRefused as error:
            refused = str(error)
        NameAsked.objects.update_or_create(
            theme=asking.theme,
            defaults={
                "model": settings.NAMES_MODEL,
                "sent": asking.mark,
                "at": now,
                "refused": refused[:200],
            },
        )
    return named


def to_ask(most: int) -> list[Asking]:
    """The next themes to ask about, with what would be sent. Three queries."""
    asked = dict(NameAsked.objects.filter(model=settings.NAMES_MODEL).values_list("theme", "sent"))
    fresh = [one for one in _askings(_nameless()) if asked.get(one.theme.pk) != one.mark]
    return fresh[:most]


def example() -> Asking | None:
    """What would be sent of the most important theme that no person named. Two queries."""
    return next(iter(_askings(_nameless(with_names=True)[:LOOKED_AT])), None)


def named_count() -> int:
    """How many open themes bear a model's name."""
    return Theme.objects.filter(ended_at=None).exclude(named_with="").count()


@transaction.atomic
def name(*, theme: Theme, answer: str, now: datetime) -> bool:
    """Give a theme the name that a model answered, unless a person named it meanwhile.

    Raises:
        NameRefused: another theme is called so.
    """
    locked = Theme.objects.select_for_update(of=("self",)).get(pk=theme.pk)
    if locked.named_by_id or locked.named_with or locked.ended_at:
        return False
    if Theme.objects.filter(ended_at=None, name__iexact=answer).exclude(pk=theme.pk).exists():
        raise NameRefused(_("another theme is called “%(name)s”") % {"name": answer})
    values = {"name": [locked.name, answer], "named_with": ["", settings.NAMES_MODEL]}
    locked.name, locked.named_with = answer, settings.NAMES_MODEL
    locked.save(update_fields=["name", "named_with"])
    change = ThemeChange.objects.create(
        kind=ChangeKind.RENAMED, theme=locked, at=now, steps=[["theme", locked.pk, values]],
        said={"name": answer, "model": settings.NAMES_MODEL},
    )  # fmt: skip
    detail = {"change": change.pk, "host": model_asking.host(), **change.said}
    journal.note(actor=None, verb="let a model name a theme", about=locked, at=now, detail=detail)
    events.tell(topic="themes", verb="changed", keys=[locked.key], at=now)
    return True


def try_out() -> Trial:
    """Ask the model about two invented quotes."""
    values = {"model": settings.NAMES_MODEL, "host": model_asking.host()}
    try:
        values["name"] = checked_name(model_asking.answer_to(TRIAL))
    except (model_asking.AskAgainLater, work.GiveUp) as error:
        return Trial(False, str(error))
    except NameRefused as error:
        return Trial(False, _("%(model)s at %(host)s answers, but %(why)s.") % {**values, "why": error})
    return Trial(True, _("%(model)s at %(host)s answers: “%(name)s”.") % values)


def asked_lately(most: int) -> QuerySet[NameAsked]:
    """What was asked last, with its theme. One query."""
    return NameAsked.objects.select_related("theme").order_by("-at", "-pk")[:most]


def _nameless(*, with_names: bool = False) -> QuerySet[Theme]:
    """Open themes that no person named, and whose name of a model nobody took back; the most important first."""
    taken_back = ThemeChange.objects.filter(kind=ChangeKind.RENAMED, by=None, undone_at__isnull=False)
    themes = Theme.objects.filter(ended_at=None, named_by=None, muted=False)
    if not with_names:
        themes = themes.filter(named_with="").exclude(pk__in=taken_back.values("theme"))
    return themes.order_by(F("figures__rank").desc(nulls_last=True), "pk")


def _askings(themes: Sequence[Theme] | QuerySet[Theme]) -> list[Asking]:
    """What would be sent of these themes; none of those without a quote that may be sent."""
    found = list(themes)
    keys = {key for theme in found for key in theme.quotes}
    texts = {
        one.key: text_of(one) for one in Signal.objects.filter(key__in=keys).only(*COLUMNS) if text_of(one)
    }
    askings = [Asking(theme, _said(theme, texts)) for theme in found]
    return [one for one in askings if one.said.quotes]


def _said(theme: Theme, texts: dict[str, str]) -> Said:
    quotes = [texts[key] for key in theme.quotes if key in texts]
    return Said(
        tuple(masked_for_all(word) for word in theme.words),
        tuple(masked_for_all(text)[:QUOTE_SIGNS] for text in quotes if not reads_like_an_instruction(text)),
    )
