"""What a Salesforce record is in the contract. No names, addresses or telephone numbers of people are asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..fields import amount_of, day_of, filled, moment_of, text_of, word_of, words_of
from .session import Session

# Types of cases by a part of their name; all others are tickets.
_KINDS = (
    ("complain", "complaint"), ("feature", "idea"), ("idea", "idea"), ("suggest", "idea"), ("return", "return"),
    ("cancel", "cancel"), ("compliment", "praise"), ("praise", "praise"),
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One kind of object with the fields that are asked for; `SystemModstamp` comes last."""

    name: str
    table: str
    fields: tuple[str, ...]


KINDS = (
    Kind(
        "Account",
        "accounts",
        ("Name", "Type", "Industry", "BillingCountry", "BillingState", "CreatedDate"),
    ),
    Kind(
        "Opportunity",
        "deals",
        ("AccountId", "Amount", "CreatedDate", "CloseDate", "IsClosed", "IsWon"),
    ),
    Kind(
        "Case",
        "signals",
        (
            "CaseNumber", "AccountId", "ContactId", "Subject", "Description", "Origin", "Type", "Reason", "Status",
            "CreatedDate", "ClosedDate", "IsClosed",
        ),
    ),
)  # fmt: skip


def row_of(
    kind: Kind, record: Mapping[str, Any], session: Session, extra: Mapping[str, str]
) -> dict[str, Any]:
    """The contract row of a record.

    Raises:
        ValueError: a value cannot be read; the text names it.
    """
    return filled(_MAKERS[kind.name](record, session, extra))


def _key(session: Session, record: Any) -> str | None:
    return f"sf:{session.organisation}:{record}" if record else None


def _account(record: Mapping[str, Any], session: Session, extra: Mapping[str, str]) -> dict[str, Any]:
    is_person = record.get("IsPersonAccount") is True
    return {
        "account_id": _key(session, record["Id"]),
        "name": f"Person {str(record['Id'])[-6:]}" if is_person else text_of(record.get("Name")),
        "segment": text_of(record.get("Industry")) or text_of(record.get("Type")),
        "region": text_of(record.get("BillingCountry")) or text_of(record.get("BillingState")),
        "since": day_of(record.get("CreatedDate")),
        "url": f"{session.origin}/{record['Id']}",
    }


def _opportunity(record: Mapping[str, Any], session: Session, extra: Mapping[str, str]) -> dict[str, Any]:
    closed, won = record.get("IsClosed") is True, record.get("IsWon") is True
    rival, loss = extra.get("rival_field", ""), extra.get("loss_field", "")
    return {
        "deal_id": _key(session, record["Id"]),
        "account_id": _key(session, record.get("AccountId")),
        "created_at": moment_of(record.get("CreatedDate")),
        # An open deal's date is only a hope; a closed one's may lie ahead by mistake.
        "closed_at": _closed_at(record) if closed else None,
        "outcome": "won" if won else "lost" if closed else "open",
        "amount": amount_of(record.get("Amount")),
        "rival": text_of(record.get(rival)),
        "loss_reason_rep": words_of(record.get(loss)) if closed and not won else None,
    }


def _closed_at(record: Mapping[str, Any]) -> str | None:
    changed, closed = moment_of(record.get("SystemModstamp")), moment_of(record.get("CloseDate"))
    return min(closed, changed) if closed and changed else closed


def _case(record: Mapping[str, Any], session: Session, extra: Mapping[str, str]) -> dict[str, Any]:
    said = (text_of(record.get("Type")) or "").lower()
    closed = record.get("IsClosed") is True
    return {
        "signal_id": _key(session, record["Id"]),
        "kind": next((kind for part, kind in _KINDS if part in said), "ticket"),
        "occurred_at": moment_of(record.get("CreatedDate")),
        "account_id": _key(session, record.get("AccountId")),
        "contact_id": _key(session, record.get("ContactId")),
        "channel": word_of(record.get("Origin")) or "case",
        "title": text_of(record.get("Subject")) or f"Case {record.get('CaseNumber')}",
        "body": words_of(record.get("Description")),
        "reason": text_of(record.get("Reason")) or text_of(record.get("Type")),
        "resolution": text_of(record.get("Status")) if closed else None,
        "resolved_at": moment_of(record.get("ClosedDate")) if closed else None,
        "url": f"{session.origin}/{record['Id']}",
    }


_MAKERS: dict[str, Callable[..., dict[str, Any]]] = {
    "Account": _account,
    "Opportunity": _opportunity,
    "Case": _case,
}
