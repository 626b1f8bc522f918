"""A mail becomes a line of the talk, or a reply under the post, that it answers; or it is refused with a reason.

It is its author's only when From is an address of the person whom the return address was given to, and the own mail server
does not say otherwise. No reply reaches more people than what it answers did.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext

from interlock.connectors.mail.mail_reply import MailReply as Mail
from interlock.connectors.mail.mail_reply import read_mail_reply
from interlock.converse import queries, services
from interlock.converse.by_mail import addresses, telling_back
from interlock.converse.by_mail.addresses import Place
from interlock.converse.community import looking, posting
from interlock.converse.community.errors import CommunityError
from interlock.converse.community.speaking import as_person
from interlock.converse.errors import ConversationError
from interlock.converse.models import MailReply, Message, Reply
from interlock.converse.talks import pictures
from interlock.converse.words import NotAPicture, Redrawn, redrawn
from interlock.converse.words.pictures import path_of
from interlock.fabric import company, work
from interlock.fabric.access import Act, may
from interlock.fabric.models import Person

State = MailReply.State
# Nobody writes more by hand; two machines that answer each other do.
MOST_AN_HOUR = 30
LONGEST_LINE = 10_000
ASKED_AGAIN_FOR = timedelta(days=1)
REFUSED_KEPT, STORED_KEPT = timedelta(days=30), timedelta(days=365)


class Refused(Exception):
    """A mail that is not taken. `told`: its sender hears why; nobody does where the sender may be made up."""

    def __init__(self, reason: str, *, told: bool = True) -> None:
        super().__init__(reason)
        self.told = told


@work.task(
    queue="prompt", attempts=5, key=lambda number: f"mail {number}", title=later("Read a reply by mail")
)
def take_reply(number: int) -> None:
    """Read one mail, if it still waits."""
    take(number, now=timezone.now())


@work.task(key="waiting mails", attempts=3, title=later("See whether replies by mail wait"))
def take_waiting() -> int:
    """Let mails of the last day that still wait be read; return how many."""
    waiting = MailReply.objects.filter(state=State.WAITING, received_at__gt=timezone.now() - ASKED_AGAIN_FOR)
    return sum(work.ask(take_reply, number) for number in waiting.values_list("pk", flat=True))


@work.task(key="old mails", attempts=3, title=later("Forget old replies by mail"))
def forget_old() -> int:
    """Forget refused mails after a month; what was stored stands in its talk, its row only tells a mail that came again."""
    now = timezone.now()
    old = MailReply.objects.filter(state=State.REFUSED, received_at__lt=now - REFUSED_KEPT)
    known = MailReply.objects.filter(state=State.STORED, received_at__lt=now - STORED_KEPT)
    return old.delete()[0] + known.delete()[0]


def take(number: int, *, now: datetime) -> None:
    """Make a mail a line or a reply, or refuse it; once, however often this is called."""
    row = MailReply.objects.filter(pk=number, state=State.WAITING).first()
    if row is None:
        return
    mail = read_mail_reply(bytes(row.raw))
    try:
        place, person = _whose(row, mail)
        # Before any lock: drawing takes a while.
        drawn, left_out = _drawn(mail)
        _store(row, mail, place, person, drawn, left_out, now)
    except (Refused, ConversationError, CommunityError) as error:
        told = error.told if isinstance(error, Refused) else True
        _refuse(row, mail, str(error), told=told, now=now)


def _whose(row: MailReply, mail: Mail) -> tuple[Place, Person]:
    """Where the mail belongs and who wrote it. Raises Refused."""
    if mail.automatic:
        raise Refused(mail.automatic, told=False)
    place = addresses.place_of(row.token)
    if place is None:
        raise Refused(_("The address it was sent to was not made here, or was cut off."), told=False)
    if mail.doubt:
        raise Refused(_("It may not be from its sender: %(why)s.") % {"why": mail.doubt}, told=False)
    person = Person.objects.select_related("user").filter(pk=place.person_id, user__is_active=True).first()
    if not row.whole:
        raise Refused(_("It is larger than 10 MB. Send it again with smaller pictures."))
    if person is None or mail.author not in _addresses_of(person):
        raise Refused(
            _("It was sent from another address than the one that the notice went to. Send it from that one.")
        )
    if not may(person, Act.TALK):
        raise Refused(_("Your role reads here and does not write."))
    return place, person


def _addresses_of(person: Person) -> set[str]:
    """The addresses that are surely theirs."""
    proven = EmailAddress.objects.filter(user=person.user, verified=True).values_list("email", flat=True)
    return {one.lower() for one in (*proven, person.user.email if person.user else "") if one}


def _drawn(mail: Mail) -> tuple[list[Redrawn], int]:
    """The pictures drawn anew, and how many files are left out."""
    drawn, left_out = [], mail.left_out
    for content in mail.pictures:
        try:
            drawn.append(redrawn(content))
        except NotAPicture:
            left_out += 1
    return drawn, left_out


@transaction.atomic
def _store(
    row: MailReply,
    mail: Mail,
    place: Place,
    person: Person,
    drawn: list[Redrawn],
    left_out: int,
    now: datetime,
) -> None:
    locked = MailReply.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if locked.state != State.WAITING:
        return
    _must_not_flood(person, locked.received_at)
    if place.kind == addresses.TALK:
        locked.line = _say(mail, place, person, drawn, left_out, now)
    elif place.kind == addresses.POST:
        locked.said = _reply(mail, place, person, now)
    else:
        raise Refused(
            _(
                "The mail you answered told of several conversations. Write to the address that stands below the one you mean."
            )
        )
    locked.state, locked.raw, locked.person = State.STORED, b"", person
    locked.save(update_fields=["state", "raw", "person", "line", "said"])


def _must_not_flood(person: Person, received_at: datetime) -> None:
    lately = MailReply.objects.filter(
        person=person, state=State.STORED, received_at__gt=received_at - timedelta(hours=1)
    )
    if lately.count() >= MOST_AN_HOUR:
        raise Refused(_("That is a lot of mail for one hour. Go on later."))


def _say(
    mail: Mail, place: Place, person: Person, drawn: list[Redrawn], left_out: int, now: datetime
) -> Message:
    talk = queries.conversations_visible_to(person).filter(pk=place.number).first()
    if talk is None:
        raise Refused(_("You take no part in that conversation any more."))
    if not mail.words and not drawn:
        raise Refused(_nothing_new())
    brought = [pictures.bring_picture(conversation=talk, by=person, drawn=one, now=now) for one in drawn]
    parts = [mail.words, *map(pictures.markdown_of, brought), _left_out(left_out)]
    body = "\n\n".join(part for part in parts if part)
    try:
        if len(body) > LONGEST_LINE:
            raise Refused(
                _("It is longer than a line may be (10,000 letters). Shorten it, or write it on the page.")
            )
        return services.say(conversation=talk, by=person, body=body, audience=place.audience, now=now)
    except (Refused, ConversationError):
        # Their rows go with the transaction, their files would stay.
        for one in brought:
            path_of(one.key).unlink(missing_ok=True)
        raise


def _left_out(files: int) -> str:
    if not files:
        return ""
    said = ngettext("One attachment was left out.", "%(n)d attachments were left out.", files) % {"n": files}
    return f"*{said}*"


def _reply(mail: Mail, place: Place, person: Person, now: datetime) -> Reply:
    post = looking.posts_visible_to(person).filter(pk=place.number).first()
    if post is None:
        raise Refused(_("What you answered is not public any more."))
    if not mail.words:
        raise Refused(_nothing_new())
    if len(mail.words) > LONGEST_LINE:
        raise Refused(
            _("It is longer than a reply may be (10,000 letters). Shorten it, or write it on the page.")
        )
    speaker = as_person(person, company.company())
    return posting.write_reply(post=post, words=mail.words, speaker=speaker, now=now)


def _nothing_new() -> str:
    return _("It holds no words of your own beside what it quotes.")


@transaction.atomic
def _refuse(row: MailReply, mail: Mail, reason: str, *, told: bool, now: datetime) -> None:
    """Keep the words for the team, and let the sender hear why where that is safe."""
    locked = MailReply.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if locked.state != State.WAITING:
        return
    locked.state, locked.raw, locked.reason = State.REFUSED, b"", reason[:400]
    locked.sender, locked.subject, locked.words = mail.author[:400], mail.subject, mail.words[:LONGEST_LINE]
    locked.save(update_fields=["state", "raw", "reason", "sender", "subject", "words"])
    place = addresses.place_of(locked.token)
    if told and place and telling_back.may_tell(mail.author, place.person_id, now):
        work.ask(telling_back.tell_refused, locked.pk)
