"""Sends answers to a small foreign system while the sender is killed again and again; prints what came of it.

Run as `python tests/listen/killed_sending.py SENDER KILLS`, with a home and, if one likes, a DATABASE_URL of its own
in the environment. SENDER is `shipped`, or a control that must be found out: `no_find` does not look before it sends
again, `mark_first` notes an answer as sent before it sends it.
"""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import sys
import time
import warnings
from datetime import UTC, datetime, timedelta

ANSWERS_A_KILL = 3


def foreign_system(listening: socket.socket) -> None:
    """Keep every message that comes, a moment after it came, and tell which are here. Runs in its own process."""
    kept: list[str] = []
    rng = random.Random(7)
    while True:
        talk, _address = listening.accept()
        with talk, talk.makefile("rw") as lines:
            try:
                verb, _, reference = lines.readline().strip().partition(" ")
                if verb == "SEND":
                    time.sleep(rng.uniform(0, 0.004))
                    kept.append(reference)
                    time.sleep(rng.uniform(0.004, 0.016))  # the moment in which a killed sender knows nothing
                    lines.write("OK\n")
                elif verb == "FIND":
                    lines.write("YES\n" if reference in kept else "NO\n")
                elif verb == "ALL":
                    lines.write(json.dumps(kept) + "\n")
                lines.flush()
            except (BrokenPipeError, ConnectionResetError):
                pass  # who asked was killed


def ask(port: int, line: str) -> str:
    with socket.create_connection(("127.0.0.1", port), timeout=5) as talk, talk.makefile("rw") as lines:
        lines.write(line + "\n")
        lines.flush()
        return lines.readline().strip()


class Small:
    """A connector to the foreign system above."""

    def __init__(self, port: int, looks: bool, before_sending) -> None:
        self.port, self.looks, self.before_sending = port, looks, before_sending

    def send(self, answers, route, letter, reach):
        from interlock.connectors.live import PerhapsSent, Sent

        self.before_sending()
        if ask(self.port, f"SEND {letter.reference}") != "OK":
            raise PerhapsSent("the foreign system hung up")
        return Sent(letter.reference)

    def find(self, answers, route, letter, reach):
        from interlock.connectors.live import Sent

        found = self.looks and ask(self.port, f"FIND {letter.reference}") == "YES"
        return Sent(letter.reference) if found else None


def make_answers(number: int) -> None:
    """Customers who wait, each with an answer whose time has come."""
    from interlock.fabric.models import Person
    from interlock.listen import clocks
    from interlock.listen.models import Answer, AnsweredSignal, ReplyRoute, Sending, Signal, Source

    now = datetime.now(UTC)
    anna, _ = Person.objects.get_or_create(name="Anna", role="contributor")
    source, _ = Source.objects.get_or_create(
        key="small", defaults={"name": "Small", "kind": "small", "made_at": now}
    )
    for each in range(number):
        key = f"k{each}"
        one = Signal.objects.create(
            key=key, source=source, kind="ticket", occurred_at=now, received_at=now, body="?", copy_hash=0
        )
        ReplyRoute.objects.create(signal_key=key, source=source)
        clocks.open_clocks(signals=[one], now=now)
        answer = Answer.objects.create(
            author=anna, text="Yes.", made_at=now, source=source, state=Sending.WAITING, try_at=now
        )
        AnsweredSignal.objects.create(answer=answer, signal_key=key)


def send_all(port: int, sender: str, before_sending) -> None:
    """What a worker does: take out every answer that is due."""
    from interlock.connectors.live import Reach, Route
    from interlock.listen.answers import sending
    from interlock.listen.models import Answer

    connector = Small(port, sender != "no_find", before_sending)
    reach = Reach(http=None, now=lambda: datetime.now(UTC), wait=time.sleep)
    outside = sending.Outside({"small": connector}, lambda source: {}, reach)
    for number in sending.due_answers(now=datetime.now(UTC)):
        if sender == "mark_first":
            answer = Answer.objects.get(pk=number)
            sending.note_sent(answer, "", None, datetime.now(UTC))
            connector.send({}, Route(), sending._letter(answer), reach)
        else:
            sending.deliver(answer_id=number, outside=outside)


def in_a_child(work) -> tuple[int, int]:
    """Fork; the child does the work on connections of its own and ends.

    Returns its number and a pipe that gets one byte when it begins and one before each sending.
    """
    from django.db import connection, connections

    connections.close_all()
    told, tell = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # idle threads of libraries; the child uses none
        number = os.fork()
    if number == 0:
        try:
            connection.ensure_connection()
            os.write(tell, b".")
            work(lambda: os.write(tell, b"."))
        finally:
            connections.close_all()
            os._exit(0)
    os.close(tell)
    return number, told


def kill_somewhere(child: int, told: int, rng: random.Random) -> bool:
    """Kill the child before, in or after one of its first sendings; false when it had ended by itself."""
    for _event in range(rng.randint(1, 4)):
        os.read(told, 1)
    os.close(told)
    time.sleep(rng.uniform(0, 0.03))
    os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def to_the_end(child: int, told: int) -> None:
    os.waitpid(child, 0)
    os.close(told)


def main(sender: str, kills: int) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    port = listening.getsockname()[1]
    server = os.fork()
    if server == 0:
        foreign_system(listening)
    listening.close()
    os.environ["DJANGO_SETTINGS_MODULE"] = "interlock.config.settings"
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)
    from django.db import transaction

    from interlock.listen.answers import sending
    from interlock.listen.models import Answer, Clock

    # Here the dead are known to be dead, so nobody has to wait until a lease is over.
    sending.LEASE = sending.LOOK_AGAIN = timedelta(0)
    rng, killed = random.Random(11), 0
    try:
        with transaction.atomic():
            make_answers(kills * ANSWERS_A_KILL)
        while killed < kills:
            killed += kill_somewhere(*in_a_child(lambda tell: send_all(port, sender, tell)), rng)
        while sending.due_answers(now=datetime.now(UTC)):
            to_the_end(*in_a_child(lambda tell: send_all(port, sender, tell)))
        arrived = json.loads(ask(port, "ALL"))
        wanted = [str(one) for one in Answer.objects.values_list("reference", flat=True)]
        outcome = {
            "kills": killed,
            "answers": len(wanted),
            "lost": len(set(wanted) - set(arrived)),
            "twice": len(arrived) - len(set(arrived)),
            "not_noted": Answer.objects.exclude(state="sent").count(),
            "still_waiting": Clock.objects.filter(stopped_at=None).count(),
        }
        print(json.dumps(outcome))
    finally:
        os.kill(server, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
