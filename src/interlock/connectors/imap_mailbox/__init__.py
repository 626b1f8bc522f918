"""A mailbox: mails read over IMAP as signals, answers sent over SMTP."""

from .connector import ImapMailbox

connector = ImapMailbox()
