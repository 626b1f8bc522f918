"""Among whom a theme is heard more, and why it stands where it stands in the list, in words."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later

from interlock.analytics.finding import minor_units
from interlock.listen.languages import language_name
from interlock.listen.models import Theme, ThemeFigures, WorthBands
from interlock.listen.themes import ranking, segments
from interlock.listen.themes.bought import FEWEST_BUYERS
from interlock.web import figures
from interlock.web.themes.listing import rows_address

_SEGMENTS = {
    "product": later("product"),
    "region": later("region"),
    "channel": later("channel"),
    "language": later("language"),
    "kind": later("kind"),
    "worth": later("bought in a year"),
}


def shown(theme: Theme) -> dict[str, Any]:
    """The segments with their names and rows, and why nothing is said of customer value where nothing can be."""
    bands, weeks = WorthBands.objects.first(), segments.weeks_counted()
    return {
        "segments": [
            {
                "one": one,
                "value": _value(one.column, one.value, bands),
                "name": _SEGMENTS[one.column],
                "also": [
                    _("%(value)s (%(column)s)")
                    % {"value": _value(column, value, bands), "column": _SEGMENTS[column]}
                    for column, value in one.also
                ],
                "url": rows_address(theme, weeks, **{one.column: one.value}),
            }
            for one in segments.heard_more_among(theme)
        ],
        "segments_counted_at": segments.counted_at(),
        "worth_refusal": _refusal(bands),
    }


def _value(column: str, value: str, bands: WorthBands | None) -> str:
    if column == "worth":
        return _band(int(value), bands)
    return language_name(value) if column == "language" else value


def _band(place: int, bands: WorthBands | None) -> str:
    """Customers of €90 to €200."""
    bounds = [_amount(bound, bands.currency) for bound in bands.bounds] if bands else []
    if not 0 <= place <= len(bounds) or not bounds:
        return _("customers of another amount")
    if place == 0:
        return _("customers of less than %(bound)s") % {"bound": bounds[0]}
    if place == len(bounds):
        return _("customers of %(bound)s and more") % {"bound": bounds[-1]}
    return _("customers of %(low)s to %(high)s") % {"low": bounds[place - 1], "high": bounds[place]}


def _refusal(bands: WorthBands | None) -> str:
    if bands is None or bands.bounds:
        return ""
    if not bands.customers:
        return _("By what customers bought nothing is said: the records hold no orders of the last year.")
    if bands.customers < FEWEST_BUYERS:
        return _("By what customers bought nothing is said: %(n)s bought in a year; bands are made from %(least)s.") % {
            "n": figures.count(bands.customers), "least": FEWEST_BUYERS,
        }  # fmt: skip
    return _("By what customers bought nothing is said: all bought for the same.")


def standing_words(one: ThemeFigures) -> str:
    """Place 3 of 120 by reach × severity × money, with the three and what each is compared with."""
    at = ranking.standing(one)
    unit = _("voices") if at.weights.by_voices else _("customers")
    parts = [
        _("%(n)s of at most %(most)s %(unit)s")
        % {"n": figures.count(at.reach), "most": figures.count(at.weights.reach), "unit": unit},
        _("%(share)s of its voices let down") % {"share": figures.percent(one.let_down / one.judged)}
        if one.judged
        else _("no voice tells whether it was let down, so it comes last"),
        _money(one, at),
    ]
    return _("Place %(place)s of %(themes)s by reach × severity × money: %(parts)s.") % {
        "place": figures.count(at.place),
        "themes": figures.count(at.themes),
        "parts": " × ".join(parts),
    }


def _money(one: ThemeFigures, at: ranking.Standing) -> str:
    if not at.weights.money:
        return _("1, as no orders are known")
    currency = one.currency
    said = {"money": _amount(at.money, currency), "most": _amount(at.weights.money, currency)}
    if at.guessed:
        return _(
            "%(money)s of at most %(most)s, the usual of so many customers, as the orders of %(known)s of %(n)s are known"
        ) % {**said, "known": figures.count(one.payers), "n": figures.count(one.customers)}
    return _("%(money)s of at most %(most)s bought in a year") % said


def _amount(major: float, currency: str) -> str:
    return figures.money(round(major * minor_units(currency)), currency)
