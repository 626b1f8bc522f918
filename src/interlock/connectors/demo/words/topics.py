"""Which topics are there, and which number has each?"""

from interlock.connectors.demo.words.ordinary import ORDINARY
from interlock.connectors.demo.words.planted import PLANTED
from interlock.connectors.demo.words.pleasant import LOSSES, PLEASANT
from interlock.connectors.demo.words.topic import ALL, Topic

FAULTS = ORDINARY
TOPICS = (*ORDINARY, *PLANTED, *PLEASANT, Topic("loss", ALL, ("Why we chose {rival}", "Lost offer"), ()))
TOPIC = {topic.key: number for number, topic in enumerate(TOPICS)}
PLEASED = frozenset(TOPIC[topic.key] for topic in PLEASANT)
LOSS_REASONS = tuple(LOSSES)
