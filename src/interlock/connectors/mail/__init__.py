"""Mails as bytes in, what their authors wrote out: shared by the mailbox connector and the mbox reader.

Everything here takes hostile bytes: sizes, depths and counts are bounded, nothing is followed, nothing fetched,
and no expression is slower than linear in the length of the text.
"""

from .message import LONGEST_MAIL as LONGEST_MAIL
from .message import Mail as Mail
from .message import contact_key as contact_key
from .message import read_mail as read_mail
