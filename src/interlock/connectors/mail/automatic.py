"""Was this mail written by a machine? Then no customer waits for an answer to it.

Only headers that say so are believed (RFC 3834, RFC 3464, RFC 2919): leaving out a person's mail is worse than
taking in a machine's.
"""

from email.message import Message

_SENDERS = ("mailer-daemon", "postmaster", "no-reply-bounce", "bounce")
_REPORTS = ("delivery-status", "disposition-notification", "feedback-report")
_BULK = ("bulk", "junk", "list", "auto_reply", "auto-reply")


def automatic_reason(message: "Message[str, str]", sender: str) -> str:
    """Say why a mail counts as automatic; empty for a person's."""
    if message.get_content_type() == "multipart/report" or any(
        report in str(message.get("Content-Type", "")).lower() for report in _REPORTS
    ):
        return "automatic message: a delivery report"
    submitted = _word(message, "Auto-Submitted")
    if submitted and submitted != "no":
        return f"automatic message: marked {submitted[:40]}"
    if any(_word(message, name) for name in ("X-Autoreply", "X-Autorespond", "X-Autoresponder")):
        return "automatic message: an automatic reply"
    if "all" in str(message.get("X-Auto-Response-Suppress", "")).lower().replace(",", " ").split():
        return "automatic message: asks for no automatic reply"
    if _word(message, "Precedence") in _BULK:
        return f"automatic message: sent as {_word(message, 'Precedence')}"
    if any(message.get(name) for name in ("List-Id", "List-Unsubscribe", "List-Post")):
        return "automatic message: from a mailing list"
    if str(message.get("Return-Path", "")).strip() == "<>" or sender.partition("@")[0] in _SENDERS:
        return "automatic message: from a mail server"
    return ""


def _word(message: "Message[str, str]", name: str) -> str:
    """The first word of a header, in small letters, without parameters and comments."""
    words = str(message.get(name, "")).lower().replace(";", " ").split()
    return words[0] if words else ""
