"""Bytes of a mail as text, whatever its header claims about them."""

import codecs
import email.errors
import email.header
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from email.message import Message

LONGEST_HEADER = 10_000

# Their bytes are plain ASCII, so that they would pass for UTF-8: what the header says must be tried first.
_ESCAPING = re.compile(r"^(iso-?2022|utf-?7|hz|utf-?16|utf-?32)")
# Codecs of Python that are no character sets, or cost more than linear time.
_NO_CHARSETS = {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "mbcs", "oem"}
_CONTROLS = dict.fromkeys(
    code for code in range(0xA0) if chr(code) not in "\t\n" and unicodedata.category(chr(code)) == "Cc"
)
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Decoded:
    """Text, and whether its characters had to be guessed."""

    text: str
    guessed: bool = False


def decoded(raw: bytes, declared: str = "") -> Decoded:
    """Decode a part: UTF-8 where it is, then as declared, then Windows-1252 with replacement."""
    known = _known(declared)
    order = [known, "utf-8"] if known and _ESCAPING.match(declared.lower()) else ["utf-8", known]
    for charset in order:
        if not charset:
            continue
        try:
            return Decoded(cleaned(raw.decode(charset)))
        except (UnicodeError, ValueError):
            continue
    return Decoded(cleaned(raw.decode("cp1252", "replace")), guessed=True)


def cleaned(text: str) -> str:
    """The same words with plain line ends, without control characters and halves of characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)
    return _SURROGATES.sub("\ufffd", text)


def decoded_header(message: "Message[str, str]", name: str) -> str:
    """A header on one line, with its encoded words read; unreadable ones stay as they came."""
    wanted = name.lower()
    # `message.get` gives up on headers that hold bytes beyond ASCII; their raw form can still be decoded.
    text = next((str(value) for key, value in message.raw_items() if key.lower() == wanted), "")[
        :LONGEST_HEADER
    ]
    if "=?" in text:
        with suppress(email.errors.HeaderParseError, ValueError):
            text = "".join(_word(part, charset) for part, charset in email.header.decode_header(text))
    if not text.isascii():
        text = decoded(text.encode("utf-8", "surrogateescape")).text
    return " ".join(cleaned(text).split())


def _word(part: bytes | str, charset: str | None) -> str:
    if isinstance(part, str):
        return part
    return decoded(part, charset or "").text


def _known(declared: str) -> str:
    name = declared.strip().strip("\"'").lower()
    if not name or len(name) > 40 or not name.isascii():
        return ""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    is_text = getattr(found, "_is_text_encoding", True)
    return found.name if is_text and found.name.replace("-", "_") not in _NO_CHARSETS else ""
