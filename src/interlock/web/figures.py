"""How numbers, money, rates and days are written on every page.

One place, so that `€312 k`, `12 in 100` and `19 November` look the same everywhere. Values in, text out;
a no-break space keeps a figure and its unit on one line. Rules: the look, section 9.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.formats import number_format as _number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.analytics.finding import minor_units

NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "BRL": "R$", "JPY": "¥", "INR": "₹"}
_AMOUNT = re.compile(r"\b(?P<currency>[A-Z]{3}) (?P<amount>\d[\d,]*(?:\.\d+)?)")
_UNITS = ((1_000_000_000, "bn"), (1_000_000, "m"), (10_000, "k"))


def count(value: float) -> str:
    """A whole number with thousands: 1,842."""
    return _signed(_number(abs(value), 0), value)


def decimal(value: float, digits: int = 1) -> str:
    """A number with fixed digits: 5.2."""
    return _signed(_number(abs(value), digits), value)


def three_digits(value: float) -> str:
    """Three significant digits without needless zeros: 0.84, 32.7, 312, 1,310."""
    size = abs(value)
    if size >= 99.95 or size == 0:
        return count(value)
    digits = 1 if size >= 9.995 else 2
    text = _number(size, digits)
    return _signed(_without_zeros(text), value)


def percent(share: float) -> str:
    """A share from 0 to 1: 62 %."""
    return f"{_hundredth(share)}{NBSP}%"


def percent_below_all(part: int, whole: int) -> str:
    """98 %; what is not quite all is never rounded to 100, nor what is not quite nothing to 0."""
    share = part / whole if whole else 0.0
    return percent(share) if share in {0.0, 1.0} else percent(min(max(share, 0.01), 0.99))


def per_hundred(rate: float) -> str:
    """A rate from 0 to 1 as a bare figure for a table: 34.1."""
    return decimal(rate * 100, 1)


def in_hundred(rate: float) -> str:
    """A rate from 0 to 1 in words a rider would use: 12 in 100, 4 in 1,000. It never breaks over a line."""
    if rate <= 0:
        text = _("none in 100")
    elif rate * 100 >= 1.95:
        text = _("%(times)s in 100") % {"times": count(rate * 100)}
    elif rate * 100 >= 0.95:
        text = _("%(times)s in 100") % {"times": _hundredth(rate)}
    elif rate * 1000 >= 0.95:
        text = _("%(times)s in 1,000") % {"times": count(rate * 1000)}
    else:
        return _("fewer than 1 in 1,000")
    return text.replace(" ", NBSP)


def interval(low: float, high: float, digits: int = 0) -> str:
    """28 to 41."""
    return _("%(low)s to %(high)s") % {"low": decimal(low, digits), "high": decimal(high, digits)}


def rate_interval(low: float, high: float) -> str:
    """Two rates from 0 to 1, as figures of 100: 28 to 41."""
    digits = 0 if high >= 0.095 else 1
    return interval(low * 100, high * 100, digits)


def chances(probability: float) -> str:
    """97 chances in 100; never certainty."""
    if probability > 0.99:
        return _("more than 99 chances in 100")
    return _("%(chances)d chances in 100") % {"chances": max(1, round(probability * 100))}


def money(minor: int, currency: str) -> str:
    """€312 k, €1.31 m, €8,400; an unknown currency is written out: CHF 8,400."""
    amount = _major(minor, currency)
    divisor, unit = _unit_of(amount)
    text = three_digits(abs(amount) / divisor) if unit else _number(abs(amount), 0)
    sign = MINUS if amount <= -0.5 else ""
    return f"{sign}{_symbol(currency)}{text}{NBSP}{unit}" if unit else f"{sign}{_symbol(currency)}{text}"


def money_exact(minor: int, currency: str) -> str:
    """Every cent: €1,284.50."""
    digits = 0 if minor_units(currency) == 1 else 2
    amount = _major(minor, currency)
    return _signed(_symbol(currency) + _number(abs(amount), digits), amount)


def money_interval(low: int, high: int, mid: int, currency: str) -> str:
    """The interval in the unit of the middle and as exact as it: 181 to 474."""
    ends = money_ends(low, high, mid, currency)
    return _("%(low)s to %(high)s") % {"low": ends[0], "high": ends[1]}


def money_ends(low: int, high: int, mid: int, currency: str) -> tuple[str, str]:
    """Both ends without their unit, with no more digits than the middle shows."""
    middle = _major(mid, currency)
    divisor, _unit = _unit_of(middle)
    digits = _digits_of(abs(middle) / divisor)
    first, last = (_major(end, currency) / divisor for end in (low, high))
    low_text, high_text = (
        _signed(_number(abs(end), digits if abs(end) < 99.95 else 0), end) for end in (first, last)
    )
    return low_text, high_text


def amounts(text: str) -> str:
    """A line of a sum with its amounts written as everywhere else: `EUR 6,156` becomes `€6,156`."""
    return _AMOUNT.sub(lambda found: _symbol(found["currency"]) + found["amount"], text)


def money_range(low: int, mid: int, high: int, currency: str) -> str:
    """€312 k (181 to 474)."""
    return f"{money(mid, currency)} ({money_interval(low, high, mid, currency)})"


def day(value: date | datetime | None, today: date | None = None) -> str:
    """19 November; with the year when it is not this one."""
    return _day(value, today, "j F", "j F Y")


def day_short(value: date | datetime | None, today: date | None = None) -> str:
    """19 Nov; with the year when it is not this one."""
    return _day(value, today, "j M", "j M Y")


def moment(value: datetime | None) -> str:
    """The hour of something that happened today, 12:35; of another day with its day, 19 Nov, 12:35."""
    if value is None:
        return ""
    local = timezone.localtime(value)
    hour = date_format(local, "H:i", use_l10n=False)
    return hour if local.date() == timezone.localdate() else f"{day_short(local)}, {hour}"


def weekday(value: date) -> str:
    """Thursday 19 November 2026."""
    return date_format(value, "l j F Y", use_l10n=False)


def hours(value: float) -> str:
    """A duration given in hours: 40 minutes, 5.2 hours, 3 days."""
    if value < 1:
        minutes = max(1, round(value * 60))
        return ngettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": count(minutes)}
    if value < 48:
        return _("%(n)s hours") % {"n": decimal(value, 1 if value < 10 else 0)}
    return _("%(n)s days") % {"n": decimal(value / 24, 1 if value < 240 else 0)}


def duration(seconds: float) -> str:
    """How long something takes, in the unit a person would use: 0.2 s, 14 s, 5 min, 2 h, 3 days."""
    for size, word in ((86_400, _("days")), (3_600, _("h")), (60, _("min"))):
        if seconds >= 2 * size or (seconds == size and size < 86_400):
            return f"{_number(seconds / size, 0)}\u00a0{word}"
    if seconds < 0.05:
        return f"< {_number(0.1, 1)}\u00a0{_('s')}"
    return f"{_number(seconds, 0 if seconds >= 9.95 else 1)}\u00a0{_('s')}"


def in_words(value: int) -> str:
    """One to nine as a word, the rest as figures."""
    words = [
        _("no"),
        _("one"),
        _("two"),
        _("three"),
        _("four"),
        _("five"),
        _("six"),
        _("seven"),
        _("eight"),
        _("nine"),
    ]
    return words[value] if 0 <= value < len(words) else count(value)


def _day(value: date | datetime | None, today: date | None, same_year: str, other_year: str) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    year = (today or timezone.localdate()).year
    text = date_format(value, same_year if value.year == year else other_year, use_l10n=False)
    return text.replace(" ", NBSP)


def _number(value: float, digits: int) -> str:
    """Django cuts decimals off; a figure must be rounded."""
    return _number_format(Decimal(f"{value:.{digits}f}"), digits, force_grouping=True)


def _digits_of(size: float) -> int:
    """How many digits after the point an amount is worth: 2 below 10, 1 below 100 unless it is whole."""
    if size < 9.995:
        return 2 if size % 1 else 0
    return 1 if size < 99.95 and round(size, 1) % 1 else 0


def _hundredth(share: float) -> str:
    value = share * 100
    return count(value) if abs(value) >= 9.5 else _without_zeros(_number(value, 1))


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".,") if any(mark in text for mark in ".,") else text


def _major(minor: int, currency: str) -> float:
    return minor / minor_units(currency)


def _unit_of(amount: float) -> tuple[int, str]:
    for size, unit in _UNITS:
        # 999,500 would otherwise be written €1,000 k.
        if abs(amount) >= size * (0.9995 if size > 10_000 else 1.0):
            return (1_000 if unit == "k" else size), unit
    return 1, ""


def _symbol(currency: str) -> str:
    return SYMBOLS.get(currency, f"{currency}{NBSP}" if currency else "")


def _signed(text: str, value: float) -> str:
    return f"{MINUS}{text}" if value < 0 and any(mark in text for mark in "123456789") else text
