"""What goes with being spoken of in a theme: one row a fact, with its rates, its ratio and its rows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from interlock.listen.models import Theme, ThemeDriver, ThemeDrivers
from interlock.reconnect.driver_findings import factor_name
from interlock.web import figures
from interlock.web.themes.listing import rows_address


def shown(theme: Theme) -> dict[str, Any]:
    """The facts, strongest first, and what was looked at; nothing for a theme that was not. Two queries."""
    looked = ThemeDrivers.objects.filter(theme=theme).first()
    if looked is None:
        return {"driven": [], "driven_note": "", "driven_none": ""}
    lines = ThemeDriver.objects.filter(theme=theme).order_by("pk").defer("orders")
    return {
        "driven": [_line(one, theme) for one in lines],
        "driven_note": _note(looked),
        "driven_none": _none(looked),
    }


def _line(one: ThemeDriver, theme: Theme) -> dict[str, Any]:
    said = one.figures
    return {
        "fact": factor_name(said["factor"]),
        "x": said["x_with"],
        "n": said["n_with"],
        "share": said["rate_with"],
        "others": said["rate_without"],
        **_times(said),
        "url": rows_address(theme, driver=str(one.pk)),
    }


def _times(said: dict[str, Any]) -> dict[str, str]:
    """How many times as often, with its interval; a bound alone where no other order was spoken of, as no ratio exists there."""
    if not said["x_without"]:
        # The plain interval: the model has nothing to adjust by, and only its prior would speak.
        return {
            "times": _("at least %(low)s") % {"low": figures.three_digits(said["risk_ratio_low"])},
            "ends": "",
        }
    ends = figures.interval(said["adjusted_ratio_low"], said["adjusted_ratio_high"], 1)
    return {"times": figures.three_digits(said["adjusted_ratio"]), "ends": ends}


def _note(looked: ThemeDrivers) -> str:
    return _(
        "Of %(n)s fulfilled orders that could have been spoken of, signals of this theme name %(x)s. Times as often: with all "
        "other facts on record alike, 95 in 100 sure. It goes with the theme; whether it causes it, nobody has tested. "
        "One in ten may stand here by chance."
    ) % {"n": figures.count(looked.orders), "x": figures.count(looked.spoken)}


def _none(looked: ThemeDrivers) -> str:
    if looked.compared:
        return _("None of %(n)s facts about orders goes with this theme beyond chance.") % {
            "n": figures.count(looked.compared)
        }
    return _(
        "Signals of this theme name %(x)s of %(n)s orders: too few to say what goes with it. A fact is judged from 30 orders "
        "and 5 expected cases on each side."
    ) % {"x": figures.count(looked.spoken), "n": figures.count(looked.orders)}
