"""What can happen in a conversation. Every function runs in one transaction and writes the journal itself."""

from interlock.converse.services.commitments import commit, miss_overdue, postpone, settle_commitment
from interlock.converse.services.decisions import decide, look_again
from interlock.converse.services.lines import say
from interlock.converse.services.opening import frame_conversation, invite, open_conversation
from interlock.converse.services.states import (
    close_conversation,
    locked,
    park_conversation,
    rest_quiet_conversations,
    resume_conversation,
    stand_by_lines,
    take_up_parked,
)

__all__ = [
    "close_conversation",
    "commit",
    "decide",
    "frame_conversation",
    "invite",
    "locked",
    "look_again",
    "miss_overdue",
    "open_conversation",
    "park_conversation",
    "postpone",
    "rest_quiet_conversations",
    "resume_conversation",
    "say",
    "settle_commitment",
    "stand_by_lines",
    "take_up_parked",
]
