"""Does the own mail server say that a mail is from whom it names? (RFC 8601, Authentication-Results)

Only the headers of the server that wrote the topmost one are read: what stands below may have come with the mail. A
server that says nothing proves nothing either way.
"""

import re
from collections.abc import Iterable, Iterator
from email.message import Message

_LONGEST = 10_000
_ASIDE = re.compile(r'"(?:[^"\\]|\\.)*"|\([^()]*\)')
_RESULT = re.compile(r"^\s*(dmarc|dkim|spf)\s*=\s*([a-z]+)", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?:header\.d|header\.i|smtp\.mailfrom)\s*=\s*\"?(?:[^\s;\"@]*@)?([^\s;\"@]+)", re.IGNORECASE
)
_FROM = re.compile(r"header\.from\s*=\s*\"?(?:[^\s;\"@]*@)?([^\s;\"@]+)", re.IGNORECASE)
_SPEAK = {"pass", "fail", "softfail", "permerror"}


def doubt(message: "Message[str, str]", author: str) -> str:
    """Why the mail is surely not known to be its author's, in words; empty where nothing speaks against it.

    A pass counts for the author's own domain only: everybody can sign for one of theirs.
    """
    wanted = author.rpartition("@")[2].lower()
    said = [one for one in _results(_own_headers(message)) if one[1] in _SPEAK]
    if any(method == "dmarc" and result == "fail" for method, result, _ in said):
        return f"the mail server says that it was not sent by {wanted} (DMARC)"
    # Of a mail with two authors the server may have judged the other one.
    if any(
        method == "dmarc" and result == "pass" and (not domain or _alike(domain, wanted))
        for method, result, domain in said
    ):
        return ""
    proven = any(
        result == "pass" and _alike(domain, wanted) for method, result, domain in said if method != "dmarc"
    )
    if said and not proven:
        return f"the mail server does not confirm that it was sent by {wanted} (DKIM, SPF)"
    return ""


def _own_headers(message: "Message[str, str]") -> Iterator[str]:
    """The results of the server nearest to us."""
    own = ""
    for value in message.get_all("Authentication-Results", []):
        text = _ASIDE.sub(_harmless, str(value)[:_LONGEST])
        server = text.partition(";")[0].split()[:1]
        own = own or (server[0].lower() if server else "")
        if server and server[0].lower() == own:
            yield text


def _harmless(aside: re.Match[str]) -> str:
    """Nothing for a comment; for quoted text, which a sender may have chosen, one that parts no results."""
    return " " if aside[0].startswith("(") else re.sub(r"[;=()]", "_", aside[0])


def _results(headers: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Method, result and the domain that it is about."""
    for header in headers:
        for part in header.split(";")[1:]:
            if found := _RESULT.match(part):
                domain = (_FROM if found[1].lower() == "dmarc" else _DOMAIN).search(part)
                yield found[1].lower(), found[2].lower(), domain[1].lower().strip(".") if domain else ""


def _alike(domain: str, wanted: str) -> bool:
    """Whether one is the other, or lies below it: mail.example.org sends for example.org."""
    if "." not in domain or "." not in wanted:
        return domain == wanted
    return domain == wanted or domain.endswith(f".{wanted}") or wanted.endswith(f".{domain}")
