"""What the room keeps: conversations and their people, the lines with all that belongs to one, decisions, commitments."""

from interlock.converse.models.community import Board as Board
from interlock.converse.models.community import Contribution as Contribution
from interlock.converse.models.community import Duty as Duty
from interlock.converse.models.community import Entry as Entry
from interlock.converse.models.community import Follow as Follow
from interlock.converse.models.community import Kind as Kind
from interlock.converse.models.community import Meaning as Meaning
from interlock.converse.models.community import Post as Post
from interlock.converse.models.community import Reply as Reply
from interlock.converse.models.community import Standing as Standing
from interlock.converse.models.community import Status as Status
from interlock.converse.models.community import StatusChange as StatusChange
from interlock.converse.models.community import Vote as Vote
from interlock.converse.models.conversations import Conversation as Conversation
from interlock.converse.models.conversations import Participant as Participant
from interlock.converse.models.conversations import ReadMark as ReadMark
from interlock.converse.models.decisions import Commitment as Commitment
from interlock.converse.models.decisions import Decision as Decision
from interlock.converse.models.lines import Audience as Audience
from interlock.converse.models.lines import Draft as Draft
from interlock.converse.models.lines import Mention as Mention
from interlock.converse.models.lines import Message as Message
from interlock.converse.models.lines import Picture as Picture
from interlock.converse.models.lines import Reaction as Reaction
from interlock.converse.models.lines import Wording as Wording
