"""What a program is told when something is wrong: RFC 9457 problem details, one shape for every status.

`detail` says what happened and in what, `remedy` what to do next; `code` is a word that never changes, for
programs that tell problems apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from django.http import HttpResponse

CONTENT_TYPE = "application/problem+json"


class ProblemDetails(msgspec.Struct, omit_defaults=True, rename={"kind": "type"}):
    """The body of every answer from 400 upward, except 422, which is an accounting."""

    title: str
    status: int
    code: str
    detail: str
    remedy: str
    kind: str = msgspec.field(default="about:blank")


class Problem(Exception):
    """A request that is not done. `counted`: the source's accounting holds it as one refused record."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        remedy: str,
        *,
        headers: Mapping[str, str] | None = None,
        counted: bool = False,
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.remedy = status, code, detail, remedy
        self.headers = dict(headers or {})
        self.counted = counted

    def details(self) -> ProblemDetails:
        return ProblemDetails(
            HTTPStatus(self.status).phrase, self.status, self.code, self.detail, self.remedy
        )

    def response(self) -> HttpResponse:
        body = msgspec.json.encode(self.details())
        return HttpResponse(body, status=self.status, content_type=CONTENT_TYPE, headers=self.headers)
