"""The text of an HTML mail, with quoted parts marked as text mails mark them, so that one reader serves both."""

import re

from ..html_text import text_of_html

# Private characters survive the sanitiser as text; those of the mail itself are taken away first.
_OPEN, _CLOSE, _SIGNED = "\ue000", "\ue001", "\ue002"
_OURS = re.compile("[\ue000-\ue002]")
# The bounds keep a mail of unclosed tags from being searched to its end at each of them.
_QUOTE_STARTS = re.compile(r"<blockquote\b[^>]{0,2000}>", re.IGNORECASE)
_QUOTE_ENDS = re.compile(r"</blockquote\s{0,20}>", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"<div\b[^>]{0,500}(?:class=\"gmail_signature\"|class=\"moz-signature\"|id=\"Signature\")[^>]{0,500}>",
    re.IGNORECASE,
)
# Yahoo and Outlook put what was there before into a part of its own.
_ORIGINAL = re.compile(
    r"<div\b[^>]{0,500}(?:id=\"divRplyFwdMsg\"|class=\"yahoo_quoted\"|class=\"gmail_quote)[^>]{0,500}>",
    re.IGNORECASE,
)


def text_of_mail_html(html: str) -> str:
    """The words of an HTML mail; lines of quotations begin with ">", signatures with "--"."""
    html = _OURS.sub("", html)
    html = _QUOTE_STARTS.sub(f"<div>{_OPEN}</div>", html)
    html = _QUOTE_ENDS.sub(f"<div>{_CLOSE}</div>", html)
    html = _SIGNATURE.sub(f"<div>{_SIGNED}</div><div>", html)
    return _marked(text_of_html(_ORIGINAL.sub("<div><br></div><div>", html)))


def _marked(text: str) -> str:
    depth = 0
    lines = []
    for line in text.split("\n"):
        depth += line.count(_OPEN)
        closing = line.count(_CLOSE)
        bare = _OURS.sub("", line)
        if _SIGNED in line:
            lines.append("-- ")
        if bare or bare == line:
            lines.append(f"{'>' * min(depth, 9)} {bare}".rstrip() if depth else bare)
        depth = max(0, depth - closing)
    return "\n".join(lines)
