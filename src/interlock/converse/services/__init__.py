"""What can happen in a conversation. Every function runs in one transaction and writes the journal itself."""

from interlock.converse.services.choices import (
    add_ground,
    add_option,
    amend_option,
    answer_objection,
    ask_choice,
    leave_choice,
    remove_ground,
    take_stance,
)
from interlock.converse.services.commitments import commit, miss_overdue, postpone, settle_commitment
from interlock.converse.services.decisions import correct_decision, decide, look_again, take_decision_back
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
    "add_ground",
    "add_option",
    "amend_option",
    "answer_objection",
    "ask_choice",
    "close_conversation",
    "commit",
    "correct_decision",
    "decide",
    "frame_conversation",
    "invite",
    "leave_choice",
    "locked",
    "look_again",
    "miss_overdue",
    "open_conversation",
    "park_conversation",
    "postpone",
    "remove_ground",
    "rest_quiet_conversations",
    "resume_conversation",
    "say",
    "settle_commitment",
    "stand_by_lines",
    "take_decision_back",
    "take_stance",
    "take_up_parked",
]
