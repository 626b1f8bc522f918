"""What a HubSpot record is in the contract. No names, addresses or telephone numbers of people are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..fields import amount_of, day_of, filled, moment_of, number_of, text_of, word_of, words_of

APP = "https://app.hubspot.com/contacts"
# (kind of the other object, id of the record) -> id of the other object.
Links = dict[tuple[str, str], str]
# Categories that come with HubSpot; others are a company's own.
_KINDS = {"FEATURE_REQUEST": "idea"}
# The best rating of each kind of survey.
_BEST = {"NPS": 10.0, "CES": 7.0, "CSAT": 5.0}


@dataclass(frozen=True)
class Kind:
    """One kind of object: its properties that are asked for, and the objects it is linked to."""

    name: str
    table: str
    properties: tuple[str, ...]
    linked: tuple[str, ...] = ()


# In this order they are read: what others point to comes first.
KINDS = (
    Kind("companies", "accounts", ("name", "industry", "country", "state", "createdate")),
    Kind(
        "deals",
        "deals",
        (
            "createdate", "closedate", "amount", "amount_in_home_currency", "hs_is_closed", "hs_is_closed_won",
            "closed_lost_reason",
        ),
        ("companies",),
    ),
    Kind(
        "tickets",
        "signals",
        (
            "subject", "content", "source_type", "hs_ticket_category", "createdate", "closed_date",
            "first_agent_reply_date", "hs_resolution",
        ),
        ("companies", "contacts"),
    ),
    Kind(
        "feedback_submissions",
        "signals",
        (
            "hs_survey_type", "hs_value", "hs_content", "hs_response_group", "hs_submission_timestamp",
            "hs_survey_channel", "hs_survey_name",
        ),
        ("contacts", "companies"),
    ),
)  # fmt: skip


def row_of(kind: Kind, record: Mapping[str, Any], account: str, links: Links, rival: str) -> dict[str, Any]:
    """The contract row of a record.

    Raises:
        ValueError: a value cannot be read; the text names it.
    """
    given = record.get("properties")
    properties = given if isinstance(given, dict) else {}
    number = str(record["id"])
    keys = {
        name: f"hs:{account}:{links[other, number]}"
        for name, other in (("account_id", "companies"), ("contact_id", "contacts"))
        if (other, number) in links
    }
    return filled(_MAKERS[kind.name](properties, account, number, keys, rival))


def _company(given: dict[str, Any], account: str, number: str, keys: object, rival: str) -> dict[str, Any]:
    return {
        "account_id": f"hs:{account}:{number}",
        "name": text_of(given.get("name")),
        "segment": word_of(given.get("industry")),
        "region": text_of(given.get("country")) or text_of(given.get("state")),
        "since": day_of(given.get("createdate")),
        "url": f"{APP}/{account}/company/{number}",
    }


def _deal(
    given: dict[str, Any], account: str, number: str, keys: dict[str, str], rival: str
) -> dict[str, Any]:
    closed, won = given.get("hs_is_closed") == "true", given.get("hs_is_closed_won") == "true"
    return {
        "deal_id": f"hs:{account}:deal-{number}",
        "account_id": keys.get("account_id"),
        "created_at": moment_of(given.get("createdate")),
        # An open deal's date is only a hope.
        "closed_at": moment_of(given.get("closedate")) if closed else None,
        "outcome": "won" if won else "lost" if closed else "open",
        "amount": amount_of(given.get("amount_in_home_currency") or given.get("amount")),
        "rival": text_of(given.get(rival)) if rival else None,
        "loss_reason_rep": words_of(given.get("closed_lost_reason")) if closed and not won else None,
    }


def _ticket(
    given: dict[str, Any], account: str, number: str, keys: dict[str, str], rival: str
) -> dict[str, Any]:
    return {
        "signal_id": f"hs:{account}:ticket-{number}",
        "kind": _KINDS.get(str(given.get("hs_ticket_category")), "ticket"),
        "occurred_at": moment_of(given.get("createdate")),
        **keys,
        "channel": word_of(given.get("source_type")) or "ticket",
        "title": text_of(given.get("subject")),
        "body": words_of(given.get("content")),
        "reason": word_of(given.get("hs_ticket_category")),
        "resolution": words_of(given.get("hs_resolution")),
        "first_reply_at": moment_of(given.get("first_agent_reply_date")),
        "resolved_at": moment_of(given.get("closed_date")),
        "url": f"{APP}/{account}/ticket/{number}",
    }


def _submission(
    given: dict[str, Any], account: str, number: str, keys: dict[str, str], rival: str
) -> dict[str, Any]:
    rating, best = number_of(given.get("hs_value")), _BEST.get(str(given.get("hs_survey_type")))
    fits = rating is not None and best is not None and 0 <= rating <= best
    return {
        "signal_id": f"hs:{account}:survey-{number}",
        "kind": "survey",
        "occurred_at": moment_of(given.get("hs_submission_timestamp")),
        **keys,
        "channel": word_of(given.get("hs_survey_channel")) or "survey",
        "rating": rating if fits else None,
        "rating_max": best if fits else None,
        "title": text_of(given.get("hs_survey_name")),
        "body": words_of(given.get("hs_content")),
        "reason": word_of(given.get("hs_response_group")),
    }


_MAKERS: dict[str, Callable[..., dict[str, Any]]] = {
    "companies": _company,
    "deals": _deal,
    "tickets": _ticket,
    "feedback_submissions": _submission,
}
