"""What another system's answer means: data, patience, a refused token, or a fault, said in a sentence.

Connectors over HTTP share this, so that a status means the same everywhere. Texts never quote an answer's body or a
request's address: both may hold secrets.
"""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from .errors import ConnectorError
from .live import HttpReply, NotSent, PerhapsSent, Reach, TryLater, Unauthorised, Unreachable

# A passing fault is tried again after these seconds; what lasts longer is the next asking's business.
_PAUSES = (1.0, 4.0)
# Who lets us wait this long is not asked again at once: its asking would block a worker for minutes.
_SLOW = 20.0
_PASSING = {500, 502, 503, 504}
_PATIENCE = 60.0
_LONGEST_PATIENCE = 24 * 3600.0


@dataclass(frozen=True)
class System:
    """Who is asked: its name, and where its credentials are renewed, for the sentences."""

    name: str
    renew: str = ""


def ask(
    reach: Reach,
    system: System,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
) -> HttpReply:
    """Ask for something that may safely be asked twice; a passing fault is tried again after a pause.

    Raises:
        TryLater, Unauthorised, ConnectorError: the system says no; see `fault`.
        Unreachable: no answer, at the last try either.
    """
    for pause in (*_PAUSES, None):
        began = reach.now()
        try:
            reply = reach.http(method, url, headers=headers, query=query, json=json, form=form)
        except Unreachable:
            if pause is None or (reach.now() - began).total_seconds() > _SLOW:
                raise
            reach.wait(pause)
            continue
        if pause is None or reply.status not in _PASSING or "retry-after" in reply.headers:
            break
        reach.wait(pause)
    if not (200 <= reply.status < 300 or reply.status == 304):
        raise fault(reply, system, reach.now())
    return reply


def ask_json(
    reach: Reach,
    system: System,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    json: Any = None,
    form: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Ask for a JSON object. Raises what `ask` and `json_object` raise."""
    own = {"accept": "application/json", **(headers or {})}
    return json_object(
        ask(reach, system, method, url, headers=own, query=query, json=json, form=form), system
    )


def send_json(
    reach: Reach,
    system: System,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    json: Any = None,
) -> dict[str, Any]:
    """Hand something over exactly once: nothing is tried again here.

    Raises:
        NotSent: surely not handed over.
        PerhapsSent: nobody can tell.
    """
    own = {"accept": "application/json", **(headers or {})}
    try:
        reply = reach.http(method, url, headers=own, json=json)
    except Unreachable as error:
        if error.handed_over:
            raise PerhapsSent(str(error)) from error
        raise NotSent(str(error)) from error
    except ConnectorError as error:
        raise NotSent(str(error), for_good=True) from error
    # Also what stands between (408, 520 to 527 of large hosts) fails after it has handed the answer on.
    if reply.status >= 500 or reply.status == 408:
        raise PerhapsSent(f"{system.name} failed while it took the answer ({reply.status}).")
    if not 200 <= reply.status < 300:
        reason = fault(reply, system, reach.now())
        final = not isinstance(reason, TryLater | Unauthorised)
        raise NotSent(str(reason), for_good=final) from reason
    try:
        return json_object(reply, system)
    except ConnectorError as error:
        raise PerhapsSent(str(error)) from error


def json_object(reply: HttpReply, system: System) -> dict[str, Any]:
    """The JSON object of a reply.

    Raises:
        ConnectorError: it holds something else, or was cut off.
    """
    try:
        content = json_text.loads(reply.body)
    except (ValueError, RecursionError) as error:
        if reply.body.lstrip()[:1] == b"<":
            raise ConnectorError(
                f"{system.name} answered with a web page instead of data. Check the address."
            ) from error
        raise ConnectorError(f"{system.name} sent an answer that is cut off or is not JSON.") from error
    if not isinstance(content, dict):
        raise ConnectorError(f"{system.name} sent a {type(content).__name__} where an object was expected.")
    return content


def fault(reply: HttpReply, system: System, now: datetime) -> ConnectorError:
    """The error that a reply without success stands for."""
    status = reply.status
    wait = retry_after(reply, now)
    if status == 429 or (status in _PASSING and wait is not None):
        seconds = _PATIENCE if wait is None else wait
        return TryLater(f"{system.name} asks for patience of {seconds:.0f} seconds ({status}).", seconds)
    if status in {401, 403}:
        renew = f" Renew the credentials {system.renew}." if system.renew else " Renew the credentials."
        return Unauthorised(f"{system.name} refused the credentials ({status}).{renew}")
    if status in _PASSING:
        return TryLater(f"{system.name} has a fault of its own ({status}).", _PATIENCE)
    if status in {404, 410}:
        return ConnectorError(f"{system.name} has nothing at this address ({status}). Check the address.")
    if 300 <= status < 400:
        return ConnectorError(
            f"{system.name} answers from another address ({status}). Enter its final address."
        )
    return ConnectorError(f"{system.name} did not accept the request ({status}).")


def retry_after(reply: HttpReply, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as a date; None without one."""
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds()
    if seconds != seconds:  # the text said "nan"
        return None
    return min(max(seconds, 0.0), _LONGEST_PATIENCE)
