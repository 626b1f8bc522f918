"""Which columns of the contract hold keys, and the table each of them points to."""

REFERENCES = {
    "account_id": "accounts",
    "product_id": "products",
    "order_id": "orders",
    "line_id": "order_lines",
    "team_id": "teams",
    "made_by_team": "teams",
    "parent_id": "teams",
    "deal_id": "deals",
    "campaign_id": "campaigns",
    "batch_id": "batches",
    "contact_id": "contacts",
}
# `site_id` and `object_id` are keys too, but no table of the contract lists sites or all objects.
_OTHER_KEYS = {"site_id", "object_id", "signal_id", "promise_id", "touch_id", "invoice_id", "event_id"}


def is_key(column: str) -> bool:
    """Whether the column holds a key, which a source's prefix makes unique."""
    return column in REFERENCES or column in _OTHER_KEYS
