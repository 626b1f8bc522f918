"""The three figures on top of Today: money at stake, signals answered, time to an answer.

Each carries its interval and n, or refuses aloud. The scale of a whisker is fixed per measure, so that
today can be compared with yesterday.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from interlock.analytics.answering import Answering
from interlock.converse.loop.reading import FEWEST_HEARD, Closed
from interlock.listen.waiting import FEWEST_DUE, InTime
from interlock.reconnect.findings import CurrencyTotal
from interlock.web import drawings, figures

HOUR_SCALES = (12, 24, 48, 96, 168, 336, 720, 2160, 8760)


@dataclass(frozen=True)
class Figure:
    """A label, a figure with its unit, its whisker, and a note with interval and n; or a refusal."""

    label: str
    figure: str = ""
    unit: str = ""
    drawing: str = ""
    note: str = ""
    url: str = ""
    refusal: str = ""


def top_line(
    totals: Sequence[CurrencyTotal],
    answered: Answering | InTime,
    *,
    open_count: int,
    urls: Mapping[str, str],
) -> list[Figure]:
    """The figures, the money first. Where the records name no answers, our own clocks say who had one."""
    money = _money(totals, open_count, urls["disconnects"])
    if isinstance(answered, InTime):
        return [money, _in_time(answered, urls["waiting"])]
    return [money, *_answering(answered, urls["signals"])]


def closed(loop: Closed, url: str) -> list[Figure]:
    """The loops that customers closed in 13 weeks, once anybody was told of anything."""
    label = _("Loops closed by a customer's yes")
    if not loop.told:
        return []
    if not loop.enough:
        said = _("%(n)s signals were heard; a share is stated from %(least)s.")
        return [Figure(label, refusal=said % {"n": loop.heard, "least": FEWEST_HEARD}, url=url)]
    (low, high), percent = loop.ends, figures.decimal(100 * loop.share, 1)
    ends = figures.rate_interval(low, high)
    of = _("%(x)s of %(n)s in 13 weeks") % {
        "x": figures.count(loop.confirmed), "n": figures.count(loop.heard),
    }  # fmt: skip
    drawing = drawings.whisker(loop.share, low, high, 1, label=f"{percent} %, {ends}")
    return [Figure(label, percent, "%", drawing, f"{ends} · {of}", url)]


def _money(totals: Sequence[CurrencyTotal], open_count: int, url: str) -> Figure:
    label = ngettext(
        "Money at stake in %(n)s open disconnect", "Money at stake in %(n)s open disconnects", open_count
    ) % {"n": figures.count(open_count)}
    if not open_count:
        return Figure(label, refusal=_("There is no open disconnect to add up."))
    if not totals:
        return Figure(
            label, refusal=_("The records price none of them: order values or margins are missing.")
        )
    total = totals[0]
    money = total.money
    whole, _gap, unit = figures.money(money.mid, money.currency).partition(figures.NBSP)
    ends = figures.money_interval(money.low, money.high, money.mid, money.currency)
    said = f"{figures.money_range(money.low, money.mid, money.high, money.currency)} {_('a year')}"
    return Figure(
        label,
        whole,
        f"{unit} {_('a year')}".strip(),
        drawings.whisker(
            money.mid, money.low, money.high, drawings.nice_end(money.high * 1.2), label=said, harm=True
        ),
        " · ".join([ends, *_beside(total, totals[1:])]),
        url,
    )


def _beside(total: CurrencyTotal, others: Sequence[CurrencyTotal]) -> list[str]:
    """What the amount does not hold, or does not mean."""
    said = []
    if total.exposed >= total.money.mid > 0:
        said.append(_("all of it is the value of orders, not a loss"))
    elif total.exposed:
        amount = figures.money(total.exposed, total.currency)
        said.append(_("%(amount)s of it is the value of orders, not a loss") % {"amount": amount})
    if total.without:
        said.append(
            ngettext("%(n)s more has no price", "%(n)s more have no price", total.without)
            % {"n": figures.in_words(total.without)}
        )
    said += [_("and %(money)s") % {"money": figures.money(one.total.mid, one.currency)} for one in others]
    return said or [_("holds 90 times in 100")]


def _in_time(found: InTime, url: str) -> Figure:
    label = _("Customers answered in time")
    if not found.n:
        said = _(
            "Your records do not say when a signal was answered, and nobody's hour has come here lately."
        )
        return Figure(label, refusal=said)
    if not found.enough:
        said = _("The hour of %(n)s signals came in the last 30 days; a share is stated from %(least)s.")
        return Figure(label, refusal=said % {"n": found.n, "least": FEWEST_DUE}, url=url)
    whole, ends = round(found.share * 100), figures.rate_interval(found.low, found.high)
    of = _("%(x)s of %(n)s in 30 days") % {"x": figures.count(found.in_time), "n": figures.count(found.n)}
    drawing = drawings.whisker(found.share, found.low, found.high, 1, label=f"{whole} %, {ends}")
    return Figure(label, f"{whole}", "%", drawing, f"{ends} · {of}", url)


def _answering(answered: Answering, url: str) -> list[Figure]:
    labels = _("Signals that somebody answered"), _("Median time to the first answer")
    ends = figures.rate_interval(answered.share_low, answered.share_high)
    of = _("%(x)s of %(n)s in 90 days") % {
        "x": figures.count(answered.answered),
        "n": figures.count(answered.n),
    }
    whole = round(answered.share * 100)
    share = Figure(
        labels[0], f"{whole}", "%",
        drawings.whisker(answered.share, answered.share_low, answered.share_high, 1, label=f"{whole} %, {ends}"),
        f"{ends} · {of}", url,
    )  # fmt: skip
    return [share, _hours(answered, labels[1], url)]


def _hours(answered: Answering, label: str, url: str) -> Figure:
    if answered.hours is None or answered.hours_low is None or answered.hours_high is None:
        return Figure(label, refusal=_("Fewer than ten answers carry a time; shown from ten."))
    factor, unit = (1.0, _("hours")) if answered.hours_high < 96 else (24.0, _("days"))
    mid, low, high = (end / factor for end in (answered.hours, answered.hours_low, answered.hours_high))
    end = next((scale for scale in HOUR_SCALES if scale >= answered.hours_high), HOUR_SCALES[-1]) / factor
    digits = 1 if mid < 10 else 0
    ends, text = figures.interval(low, high, digits), figures.decimal(mid, digits)
    note = f"{ends} · {_('of those answered')} · n {figures.count(answered.timed)}"
    return Figure(
        label, text, unit, drawings.whisker(mid, low, high, end, label=f"{text} {unit}, {ends}"), note, url
    )
