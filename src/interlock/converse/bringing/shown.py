"""What the page of one import shows, state by state."""

from __future__ import annotations

from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.converse.bringing import asking, files
from interlock.converse.models import Bringing

State = Bringing.State
_KINDS = ("post", "reply", "vote", "person", "merge")


def context(bringing: Bringing) -> dict[str, Any]:
    """Everything `converse/community/bringing.html` needs."""
    tally = bringing.tally
    broken_off = asking.is_broken_off(bringing)
    return {
        "bringing": bringing,
        "heading": heading(bringing, broken_off=broken_off),
        "broken_off": broken_off,
        "percent": round(100 * bringing.done / bringing.total) if bringing.total else None,
        "tally": tally,
        "came": tally.get("stored", 0) - tally.get("updated", 0),
        "is_trial": bringing.state == State.TRIED,
        # Until all is done the counts are those of the trial.
        "is_told_before": bringing.state in {State.TRIED, State.BRINGING, State.FAILED},
        "new": [(_name(kind), tally["new"].get(kind, 0)) for kind in _KINDS] if tally else [],
        "first": [(_name(kind), _rows(tally["first"].get(kind, []))) for kind in _KINDS[:3]] if tally else [],
        "stayed": [(_name(kind), count) for kind, count in bringing.kept.items()],
        "has_refused": files.refused_path(bringing).exists(),
        "may_bring": asking.may_bring(bringing, broken_off=broken_off) and files.has_given(bringing),
        "may_undo": asking.may_take_back(bringing, broken_off=broken_off),
    }


def heading(bringing: Bringing, *, broken_off: bool) -> str:
    """The finding of the page, as its title."""
    tally, source = bringing.tally, {"source": bringing.source}
    if broken_off and bringing.state == State.BRINGING and not files.has_given(bringing):
        return _("“%(source)s” broke off. Run the command again, and the rest comes.") % source
    match "" if broken_off else bringing.state:
        case State.TRYING:
            return _("Looking at “%(source)s”. Nothing is stored yet.") % source
        case State.TRIED:
            return _("Of %(n)s rows %(s)s would come; %(r)s would be refused.") % _counts(tally)
        case State.BRINGING:
            return _("Bringing “%(source)s” in.") % source
        case State.DONE if not tally["stored"] and not tally["refused"]:
            return _("Nothing new: all %(n)s rows were here already.") % _counts(tally)
        case State.DONE:
            return _("Of %(n)s rows %(s)s came; %(r)s were refused.") % _counts(tally)
        case State.UNDOING:
            return _("Taking “%(source)s” back.") % source
        case State.UNDONE:
            stayed = sum(bringing.kept.values())
            if not stayed:
                return _("“%(source)s” is taken back, and nothing of it is left.") % source
            text = ngettext(
                "“%(source)s” is taken back. One thing stayed, since somebody touched it.",
                "“%(source)s” is taken back. %(n)s things stayed, since somebody touched them.",
                stayed,
            )
            return text % (source | {"n": _text(stayed)})
    if tally and bringing.brought.exists():
        return _("“%(source)s” broke off. What came so far is here.") % source
    return _("“%(source)s” was not read. Nothing was stored.") % source


def _counts(tally: dict[str, Any]) -> dict[str, str]:
    return {"n": _text(tally["received"]), "s": _text(tally["stored"]), "r": _text(tally["refused"])}


def _name(kind: str) -> str:
    names = {
        "post": _("Posts"),
        "reply": _("Replies"),
        "vote": _("Votes"),
        "person": _("People"),
        "merge": _("Merges"),
    }
    return names[kind]


def _rows(first: list[dict[str, str]]) -> list[dict[str, Any]]:
    return [one | {"at": parse_datetime(one["at"])} for one in first]


def _text(number: int) -> str:
    return number_format(number, force_grouping=True)
