"""Is what this connection commits on the disk when it says so?

SQLite must run with `synchronous=FULL` and PostgreSQL with `synchronous_commit` and `fsync` on. With less, a
process may be killed without loss, but a power cut takes back what was acknowledged (decision 006).
"""

from __future__ import annotations

from threading import local

from django.db import connection
from django.utils.translation import gettext as _

from interlock.listen.errors import NotDurable

_looked_at = local()


def require_durable() -> None:
    """Look once at each connection that is about to acknowledge.

    Raises:
        NotDurable: it commits to memory only.
    """
    connection.ensure_connection()
    if getattr(_looked_at, "raw", None) is connection.connection:
        return
    fault = _fault_of_postgresql() if connection.vendor == "postgresql" else _fault_of_sqlite()
    if fault:
        raise NotDurable(fault)
    _looked_at.raw = connection.connection


def _fault_of_sqlite() -> str:
    if int(_ask("PRAGMA synchronous")) >= 2:
        return ""
    return _(
        "SQLite runs without synchronous=FULL, so a power cut would lose what was acknowledged. Nothing was stored."
    )


def _fault_of_postgresql() -> str:
    for name in ("synchronous_commit", "fsync"):
        value = _ask(f"SHOW {name}")
        if value in {"off", "local"}:
            return _(
                "PostgreSQL runs with %(name)s = %(value)s, so a power cut would lose what was acknowledged. Set it on; nothing was stored."
            ) % {"name": name, "value": value}
    return ""


def _ask(question: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])
