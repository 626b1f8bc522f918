"""Questions to the records, put into SQL once a run.

Hundreds of tests ask the same questions of one small company after the other, and a quarter of their time went into
putting them into SQL anew. What a question refers to is part of it, so none gets another's SQL.
"""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

_compile = Backend.compile
_compiled: dict[Any, str] = {}


def _compile_once(backend: Backend, expression: ir.Expr, /, **choices: Any) -> str:
    if any(choices.values()):
        return _compile(backend, expression, **choices)
    question = expression.op()
    if question not in _compiled:
        _compiled[question] = _compile(backend, expression)
    return _compiled[question]


def remember() -> None:
    Backend.compile = _compile_once
