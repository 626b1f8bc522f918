"""How does one text come about: who speaks, about what, in how many sentences, with which slips of the pen?

Every choice takes the next of a row of numbers drawn beforehand, so that a text depends on nothing but its
own row.
"""

from dataclasses import dataclass
from string import Formatter

from interlock.connectors.demo.company import DELIVERY, FLEETS, SHOPS
from interlock.connectors.demo.words import voices
from interlock.connectors.demo.words.pleasant import LOSSES
from interlock.connectors.demo.words.topic import Topic

NUMBERS_NEEDED = 32
VOICE_OF_USE = (voices.COMMUTER, voices.PARENT, voices.COURIER, voices.TRAIL_RIDER, voices.TRAVELLER)
SHORT_KINDS = ("return", "cancel", "survey", "social")
TYPO_SHARE, LOWER_SHARE = 0.03, 0.03
_CANCEL = {
    "late": "I cancel.", "unwanted": "Please cancel the order.", "price": "I cancel and buy elsewhere.",
    "silence": "Without an answer I cancel.",
}  # fmt: skip


@dataclass
class Deck:
    """Numbers below 2**32, taken one after the other."""

    numbers: list[int]
    place: int = 0

    def next(self) -> int:
        self.place += 1
        return self.numbers[self.place % len(self.numbers)]

    def pick[T](self, options: tuple[T, ...]) -> T:
        return options[self.next() % len(options)]

    def chance(self, share: float) -> bool:
        return self.next() < share * 2**32


@dataclass(frozen=True)
class Moment:
    """What a text must fit."""

    kind: str
    topic: Topic
    segment: int
    use: int
    bike: str
    month: int  # 0 to 11
    pleased: bool
    rival: str = ""
    loss_reason: str = ""


def write(moment: Moment, numbers: list[int]) -> tuple[str, str]:
    """Return the subject line and the text; the text is empty where people leave the field empty."""
    deck = Deck(numbers)
    words = _Words(moment, deck)
    title = words.fill(deck.pick(moment.topic.titles))
    filled = [words.fill(sentence) for sentence in _sentences(moment, deck) if sentence]
    body = " ".join(sentence[:1].upper() + sentence[1:] for sentence in filled)
    return title[:1].upper() + title[1:], _slips(body, deck)


def voice_of(segment: int, use: int, deck: Deck) -> int:
    if segment == SHOPS:
        return voices.SHOP
    if segment == FLEETS:
        return voices.COURIER if use == DELIVERY and deck.chance(0.4) else voices.FLEET
    return VOICE_OF_USE[use]


def _sentences(moment: Moment, deck: Deck) -> list[str]:
    if moment.kind == "loss":
        return _lost(moment, deck)
    voice = voice_of(moment.segment, moment.use, deck)
    aside = deck.pick(voices.ASIDES[voice])
    if moment.segment == SHOPS and moment.kind != "cancel":
        return _dealer(moment, deck, aside)
    opener, core = deck.pick(voices.OPENERS[voice]), deck.pick(_said_by(moment))
    more, so = deck.pick(moment.topic.more), deck.pick(moment.topic.so)
    more = f"{aside} {more}" if deck.chance(0.25) else deck.pick((more, aside, more))
    if moment.kind == "cancel":
        return [core, more if deck.chance(0.5) else "", _CANCEL[moment.topic.key]]
    if moment.kind in SHORT_KINDS:
        return _short(moment, deck, (core, more, so))
    if moment.pleased:
        last = deck.pick(voices.FRIENDLY) if deck.chance(0.25) else ""
        return [
            opener if deck.chance(0.55) else "",
            core,
            more if deck.chance(0.85) else "",
            so if deck.chance(0.7) else "",
            last,
        ]
    return _troubled(moment, deck, opener, (core, more, so))


def _dealer(moment: Moment, deck: Deck, aside: str) -> list[str]:
    """A dealer says what shops say of the topic, or passes on the words of a rider."""
    core = deck.pick(_said_by(moment))
    ask = deck.pick(voices.SHOP_ASKS) if moment.kind in ("ticket", "complaint") and deck.chance(0.6) else ""
    if moment.topic.shop:
        opener = deck.pick(voices.OPENERS[voices.SHOP]) if deck.chance(0.35) else ""
        return [opener, core, aside if deck.chance(0.55) else "", ask]
    more, so = deck.pick(moment.topic.more), deck.pick(moment.topic.so)
    passed_on = [core, more if deck.chance(0.6) else "", so if deck.chance(0.6) else ""]
    if moment.kind in ("return", "survey", "idea"):
        return passed_on
    return [deck.pick(voices.PASSED_ON), *passed_on, aside if deck.chance(0.3) else ""]


def _said_by(moment: Moment) -> tuple[str, ...]:
    if moment.segment == SHOPS and moment.topic.shop:
        return moment.topic.shop
    if moment.segment == FLEETS and moment.topic.fleet:
        return moment.topic.fleet
    return moment.topic.says


def _short(moment: Moment, deck: Deck, parts: tuple[str, str, str]) -> list[str]:
    core, more, so = parts
    if moment.kind == "survey" and deck.chance(0.35):
        return []
    if moment.kind == "return":
        return [core, more if deck.chance(0.6) else "", so if deck.chance(0.6) else ""]
    return [core, more if deck.chance(0.7) else "", so if deck.chance(0.3) else ""]


def _troubled(moment: Moment, deck: Deck, opener: str, parts: tuple[str, str, str]) -> list[str]:
    core, more, so = parts
    opens = opener if deck.chance(0.45) else ""
    if moment.kind == "review":
        return [opens, core, more if deck.chance(0.65) else "", so if deck.chance(0.7) else ""]
    if moment.kind == "complaint":
        last = deck.pick(voices.CLOSINGS) if deck.chance(0.4) else ""
        return [opens, core, more if deck.chance(0.7) else "", so if deck.chance(0.75) else "", last]
    ask = deck.pick(voices.ASKS) if deck.chance(0.75) else ""
    return [opens, core, more if deck.chance(0.75) else "", so if deck.chance(0.2) else "", ask]


def _lost(moment: Moment, deck: Deck) -> list[str]:
    core = deck.pick(LOSSES[moment.loss_reason])
    opener = deck.pick(voices.OPENERS[voice_of(moment.segment, moment.use, deck)])
    thanks = ("Thank you for the offer.", "No hard feelings.", "Perhaps next year.",
              "Your rep was very kind.",
              "We liked the test ride.", "It was close.", "Ask us again in {month2}.",
              "We decided on {day}.")  # fmt: skip
    return [opener if deck.chance(0.4) else "", core, deck.pick(thanks) if deck.chance(0.65) else ""]


class _Words(dict[str, str]):
    """Values for the gaps in the sentences, each drawn when it is first needed."""

    def __init__(self, moment: Moment, deck: Deck) -> None:
        super().__init__(bike=moment.bike, rival=moment.rival, month=voices.MONTHS[moment.month])
        self.deck = deck

    def fill(self, text: str) -> str:
        return Formatter().vformat(text, (), self)

    def __missing__(self, name: str) -> str:
        value = _value(name, self.deck)
        self[name] = value
        return value


def _value(name: str, deck: Deck) -> str:
    lists = {
        "place": voices.PLACES, "place2": voices.TOWNS, "errand": voices.ERRANDS, "day": voices.DAYS,
        "count": voices.NUMBERS[1:5],
        "n": voices.NUMBERS[1:], "weeks": voices.NUMBERS[:5], "few": voices.NUMBERS[1:4],
        "month2": voices.MONTHS,
        "nth": ("2nd", "5th", "9th", "12th", "14th", "16th", "23rd", "28th"), "nth2": ("second", "third",
                "fourth", "fifth"),
        "place3": voices.PLACES[::-1],
        "promise": ("14", "two times seven", "fourteen"),
    }  # fmt: skip
    if name in lists:
        return deck.pick(lists[name])
    low, high = {
        "km": (8, 47),
        "far": (80, 120),
        "pct": (11, 93),
        "pct2": (68, 104),
        "euro": (60, 590),
        "small": (15, 70),
        "years": (3, 24),
    }.get(name, (0, 0))
    if high:
        return str(low + deck.next() % (high - low))
    return f"{deck.next() % 12 + 7}:{deck.next() % 6}0"  # the time of day


def _slips(text: str, deck: Deck) -> str:
    """Swap two letters in a few texts, and let a few people write without capitals."""
    if deck.chance(LOWER_SHARE):
        text = text.lower()
    if deck.chance(TYPO_SHARE) and len(text) > 30:
        at = 8 + deck.next() % (len(text) - 20)
        if text[at - 2 : at + 3].isalpha() and text[at - 2 : at + 3].islower():  # never the first letters
            text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text
