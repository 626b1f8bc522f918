"""Everything a rule says is a msgid of its own with named values, so that it can be translated whole."""

import ast
from pathlib import Path

import interlock.analytics.symptoms as symptoms
from analytics.companies import Records, ordered_lines, seeded
from analytics.test_deal_rules import deals
from interlock.analytics.finding import Sentence
from interlock.analytics.symptoms import find_symptoms


def marked_for_translation():
    """Every literal that stands inside gettext_noop in the rules."""
    texts = set()
    for path in Path(symptoms.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "gettext_noop":
                texts.add(ast.literal_eval(node.args[0]))
    return texts


def sayings(sentence):
    """The texts of a sentence, of its values and of those that follow it."""
    yield sentence.text
    for value in sentence.values.values():
        if isinstance(value, Sentence):
            yield from sayings(value)
    for one in sentence.then:
        yield from sayings(one)


def test_every_sentence_and_caveat_of_a_report_is_marked_for_translation():
    faulty = ordered_lines(seeded(), 6000, late=lambda line: 0.4 if line["team"] == 2 else 0.1)
    lost = deals(lambda segment, rival: 0.75 if segment == "S2" else 0.4)
    found = [*find_symptoms(Records(faulty)).symptoms, *find_symptoms(Records(lost)).symptoms]

    said = {text for s in found for one in (s.consequence, s.lead, s.why) if one for text in sayings(one)}
    said |= {s.money.caveat for s in found if s.money} | {s.money_refusal for s in found if not s.money}

    assert len(found) >= 2
    assert said - marked_for_translation() == set()
