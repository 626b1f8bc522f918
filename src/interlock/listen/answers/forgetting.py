"""What we wrote to somebody who is erased goes with them, sent or not."""

from __future__ import annotations

from collections.abc import Collection

from interlock.listen.models import Answer, AnswerRound


def forget_answers(*, keys: Collection[str]) -> None:
    """Delete the answers to these signals, and take their people out of the rounds. In a transaction."""
    gone = set(keys)
    answers = Answer.objects.filter(signals__signal_key__in=gone)
    Answer.objects.filter(pk__in=list(answers.values_list("pk", flat=True))).delete()
    for made in AnswerRound.objects.only("recipients", "letters").iterator():
        kept = [left for one in made.recipients if (left := [key for key in one if key not in gone])]
        letters = {key: letter for key, letter in made.letters.items() if key not in gone}
        if kept != made.recipients or letters != made.letters:
            AnswerRound.objects.filter(pk=made.pk).update(recipients=kept, letters=letters)
