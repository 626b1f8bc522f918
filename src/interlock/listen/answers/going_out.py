"""The work that takes answers out: asked for with each answer, and once more every half minute for what was missed."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from interlock.fabric import work
from interlock.listen import outside
from interlock.listen.answers import sending
from interlock.listen.answers.channels import connectors
from interlock.listen.live_sources import answers_of
from interlock.listen.models import Answer


# On the queue of other systems, because a mail server that hangs must not hold up what is prompt.
@work.task(
    queue="sources", attempts=5, key=lambda answer_id: f"answer {answer_id}", title=_("Send an answer")
)
def send_answer(answer_id: int) -> None:
    """Take one answer out, if it is due. What goes wrong is kept with the answer, so this task never fails for it."""
    sending.deliver(answer_id=answer_id, outside=_outside())


@work.task(queue="prompt", attempts=3, title=_("Send answers that wait"))
def send_due() -> int:
    """Ask for every answer whose time has come: tries after a failure, and those whose sender was killed."""
    due = sending.due_answers(now=timezone.now())
    for answer_id in due:
        work.ask(send_answer, answer_id)
    return len(due)


def ask_to_send(answer: Answer) -> None:
    """Let a worker take this answer out at its time, inside the caller's transaction."""
    work.ask(send_answer, answer.pk, run_after=answer.try_at)


def _outside() -> sending.Outside:
    return sending.Outside(connectors(), answers_of, outside.reach())
