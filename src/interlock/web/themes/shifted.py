"""What is said in a theme has shifted: the sentence, both quotes, and the examples by which it could be split."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from interlock.listen.models import Signal, Theme, ThemeShift
from interlock.listen.themes import looking
from interlock.web import figures


def shown(theme: Theme, *, ticked: bool = False) -> dict[str, Any]:
    """What the page shows of the shift, empty where there is none; `ticked` offers its examples for a split. Three queries at most."""
    shift = ThemeShift.objects.filter(theme=theme).first()
    examples = looking.examples(theme)
    if shift is None:
        return {"shift": None, "examples": examples, "ticked": set()}
    said = Signal.objects.filter(key__in=[shift.rose["quote"], shift.fell["quote"]]).select_related("source")
    quotes = {one.key: one for one in said}
    chosen = Signal.objects.in_bulk(shift.rose["examples"]) if ticked else {}
    return {
        "shift": shift,
        "shift_sayings": [
            {"words": words, "quote": quotes.get(one["quote"]), "told": _told(one, shift)}
            for words, one in ((_("More of this"), shift.rose), (_("Less of this"), shift.fell))
        ],
        "examples": [*chosen.values(), *(one for one in examples if one.pk not in chosen)],
        "ticked": set(chosen),
    }


def _told(saying: dict[str, Any], shift: ThemeShift) -> str:
    return _("%(now)s now (%(x)s of %(n)s voices), %(before)s in the quarter before (%(b)s of %(m)s)") % {
        "now": figures.in_hundred(saying["x"] / shift.newest),
        "x": figures.count(saying["x"]),
        "n": figures.count(shift.newest),
        "before": figures.in_hundred(saying["before"] / shift.before),
        "b": figures.count(saying["before"]),
        "m": figures.count(shift.before),
    }  # fmt: skip
