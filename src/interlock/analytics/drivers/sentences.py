"""What a driver says in words.

One message per outcome; the group of orders is a value of it, itself marked for translation. We say
"of 100 orders", never "causes": a driver is associated until a trial says more.
"""

from interlock.analytics.finding import Sentence, gettext_noop

_OUTCOMES = {
    "bad_rating": gettext_noop("{group}: {with_} of 100 were rated badly, of the others {without}."),
    "complaint": gettext_noop("{group}: {with_} of 100 brought a complaint, of the others {without}."),
    "return": gettext_noop("{group}: {with_} of 100 came back, of the others {without}."),
    "churn": gettext_noop("{group}: {with_} of 100 left, of the others {without}."),
    "theme": gettext_noop("{group}: the customers of {with_} of 100 spoke of it, of the others {without}."),
}
_GROUPS = {
    "late": gettext_noop("Delivered late"),
    "days_late": gettext_noop("Late by more than usual, among late orders"),
    "several_sellers": gettext_noop("From several sellers or sites"),
    "short_or_cancelled": gettext_noop("Delivered in part"),
    "not_delivered": gettext_noop("Never delivered"),
    "price_band": gettext_noop("Price band {level}"),
    "region": gettext_noop("Region {level}"),
    "season": gettext_noop("Ordered in {level}"),
    "tenure": gettext_noop("Customer for: {level}"),
    "family": gettext_noop("Products {level}"),
    "channel": gettext_noop("Bought through {level}"),
    "segment": gettext_noop("Segment {level}"),
    "use_case": gettext_noop("Use {level}"),
}


def driver_sentence(outcome: str, factor: str, rate_with: float, rate_without: float) -> Sentence:
    """Return the sentence of a driver from its machine names and its plain rates, 0-1."""
    family, _, level = factor.partition(": ")
    group = _GROUPS[family].format(level=level)
    values = {"group": group, "with_": _of_100(rate_with), "without": _of_100(rate_without)}
    return Sentence(_OUTCOMES[outcome], values)


def _of_100(rate: float) -> str:
    """One decimal below 10, as the second digit matters there; none above."""
    return f"{100 * rate:.1f}" if rate < 0.0995 else f"{100 * rate:.0f}"
