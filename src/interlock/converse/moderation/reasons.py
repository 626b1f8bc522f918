"""Why something was held, in a sentence that its author, a moderator and the log read alike."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def sentences(found: Iterable[dict[str, Any]]) -> list[str]:
    """Each finding as a sentence."""
    return [_sentence(one) for one in found]


def in_one(found: Iterable[dict[str, Any]]) -> str:
    return " ".join(sentences(found))


def _sentence(one: dict[str, Any]) -> str:
    rule = one["rule"]
    if rule == "links":
        return ngettext(
            "It holds %(n)d links; more than %(most)d is read first.",
            "It holds %(n)d links; more than %(most)d are read first.",
            one["most"],
        ) % {"n": one["n"], "most": one["most"]}
    if rule == "short":
        return _("It has %(n)d letters; shorter than %(least)d says too little.") % {
            "n": one["n"],
            "least": one["least"],
        }
    plain = {
        "no_account": _("It came without an account."),
        "first": _("It is the first that you write here."),
        "swept": _("What you wrote before was taken out."),
        "praise": _("It praises in general words; say what was good, so that we can pass it on."),
        "refused_host": _("It leads to %(what)s, which we do not link to."),
        "held_host": _("It leads to %(what)s, which a person looks at first."),
        "word": _("It holds “%(what)s”, which a person reads first."),
        "promotion": _("“%(what)s” reads like an advertisement."),
    }
    return plain[rule] % {"what": one.get("what", "")}
