"""By which ending is a file known to hold tables?"""

from pathlib import Path

TEXT_ENDINGS = (".csv", ".tsv", ".txt", ".tab")
JSON_ENDINGS = (".jsonl", ".ndjson")
PARQUET_ENDINGS = (".parquet", ".pq")
SHEET_ENDINGS = (".xlsx", ".xlsm")
PACKED_ENDINGS = (".zip", ".gz")
DOCUMENT_ENDINGS = (".json",)
MAIL_ENDINGS = (".mbox", ".mbx")
KNOWN = "CSV, TSV, XLSX, JSON, JSONL, Parquet, mbox, a zip of them, or the zip that Slack or Teams exports"


def may_be_read(name: str) -> bool:
    """Whether a file of this name is one of the kinds that are read."""
    known = (
        *TEXT_ENDINGS, *JSON_ENDINGS, *PARQUET_ENDINGS, *SHEET_ENDINGS, *PACKED_ENDINGS, *DOCUMENT_ENDINGS, *MAIL_ENDINGS,
    )  # fmt: skip
    return Path(name).suffix.lower() in known
