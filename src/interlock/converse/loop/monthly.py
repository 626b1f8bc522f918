"""You said, we did by mail, for whoever gives an address: nothing comes before the link of a first mail was used.

Whatever the address is, the page says the same; only the mail differs. A letter goes out at most once a month and only
with news, and names the stories that were shown since the one before.
"""

from __future__ import annotations

import time
from datetime import date, datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as later
from django.utils.translation import ngettext

from interlock.connectors.imap_mailbox.notices import Note, PostOffice, post
from interlock.connectors.live import NotSent, PerhapsSent
from interlock.converse.community import flood
from interlock.converse.loop import stories
from interlock.converse.models import MonthlyReader, Story
from interlock.fabric import company, no_mail, work

FROM_HOUR = 8  # of the installation's clock
STORIES_A_LETTER = 20
LETTERS_AT_ONCE = 500
# Who asks again has perhaps lost the mail; more often would let strangers fill somebody's box, from ever other machines.
AGAIN_AFTER = timedelta(hours=6)
WAITS_FOR_ITS_READER = timedelta(days=2)
_starts, _stops = (
    Signer(salt="converse.loop.monthly.start", sep="."),
    Signer(salt="converse.loop.monthly.stop", sep="."),
)


def mail_is_set_up() -> bool:
    return bool(settings.MAIL_SERVER)


@transaction.atomic
def ask(*, address: str, now: datetime) -> None:
    """Let a mail with the link that starts the letters go there; none where they come already or it was just sent."""
    address = address.strip().lower()
    flood.count_alone(f"monthly {address}")
    reader, made = MonthlyReader.objects.get_or_create(
        address=address,
        defaults={"asked_at": now, "language": translation.get_language() or settings.LANGUAGE_CODE},
    )
    if reader.started_at or not (made or reader.asked_at <= now - AGAIN_AFTER):
        return
    reader.asked_at = now
    reader.save(update_fields=["asked_at"])
    work.ask(send_link, reader.pk)


def waiting_by(link: str) -> MonthlyReader | None:
    """Whose link this is to start the letters; None for a made-up or an old one."""
    return _by(_starts, link)


def reader_by(link: str) -> MonthlyReader | None:
    """Whose link this is to stop them; None for a made-up one, and once they are stopped."""
    return _by(_stops, link)


def start(*, reader: MonthlyReader, now: datetime) -> None:
    """Send letters from now on; what is shown already is no news."""
    MonthlyReader.objects.filter(pk=reader.pk, started_at=None).update(started_at=now, told_up_to=now)


def stop(*, address: str) -> None:
    """Send none any more, and forget the address."""
    MonthlyReader.objects.filter(address=address.strip().lower()).delete()


@work.task(queue="prompt", attempts=4, first_wait=2, title=later("Mail the link that starts monthly letters"))
def send_link(reader_id: int) -> None:
    """Mail it, unless it was used meanwhile, or the address wants no mail from here: strangers may have asked."""
    reader, now = MonthlyReader.objects.filter(pk=reader_id, started_at=None).first(), timezone.now()
    if reader is None or not mail_is_set_up() or not no_mail.may_mail(reader.address):
        return
    with translation.override(reader.language):
        about = str(company.company())
        text = _(
            "Somebody, probably you, asked to read what %(company)s does about what customers say: by mail, at most once a month."
            " Open this page and press the button to start it:"
        ) % {"company": about}
        unasked = _(
            "If you did not ask for it, do nothing: no letter comes, and we forget your address in two days."
        )
        subject = _("%(company)s: one press to start the letters") % {"company": about}
    address = _address("loop:start_letters", _starts, reader)
    note = Note(
        reader.address,
        subject,
        f"{text}\n\n{address}\n\n{unasked}\n",
        f"monthly-{reader.pk}-{now:%H%M%S%f}",
        author=about,
        language=reader.language,
    )
    _post(note, now)


@work.task(key="all", attempts=3, title=later("Plan the monthly letters"))
def plan_letters() -> int:
    """Let letters wait for all who have news this month; return how many. Forget who never used their link."""
    now = timezone.now()
    MonthlyReader.objects.filter(started_at=None, asked_at__lt=now - WAITS_FOR_ITS_READER).delete()
    return plan(now=now)


@transaction.atomic
def plan(*, now: datetime) -> int:
    """Let a letter wait for each reader with news who had none this month, so many at once; return how many."""
    clock = timezone.localtime(now)
    if not mail_is_set_up() or clock.hour < FROM_HOUR:
        return 0
    month = clock.date().replace(day=1)
    news = stories.public().filter(shown_at__gt=OuterRef("told_up_to"), shown_at__lte=now)
    readers = MonthlyReader.objects.filter(Q(month=None) | Q(month__lt=month), started_at__isnull=False)
    due = list(readers.filter(Exists(news)).order_by("pk").values_list("pk", flat=True)[:LETTERS_AT_ONCE])
    MonthlyReader.objects.filter(pk__in=due).update(month=month)
    for reader in due:
        work.ask(send_letter, reader)
    return len(due)


@work.task(queue="prompt", attempts=6, title=later("Mail what was done this month"))
def send_letter(reader_id: int) -> None:
    """Send one letter, if there still is something to say."""
    send(reader_id, now=timezone.now())


def send(reader_id: int, *, now: datetime) -> None:
    """Send one letter once. Its stories count as told before it leaves, so that a killed worker sends none twice.

    Raises:
        NotSent: it was surely not taken and waits for another try.
        GiveUp: likewise, and another try would not help.
    """
    reader = MonthlyReader.objects.filter(pk=reader_id, started_at__isnull=False).first()
    if reader is None or not mail_is_set_up():
        return
    before = reader.told_up_to
    news = list(stories.public().filter(shown_at__gt=before, shown_at__lte=now).order_by("-shown_at", "-pk"))
    told = MonthlyReader.objects.filter(pk=reader.pk, told_up_to=before)
    if not news or not told.update(told_up_to=now):
        return
    with translation.override(reader.language):
        note = _letter(reader, news, timezone.localtime(now).date())
    try:
        _post(note, now)
    except (NotSent, work.GiveUp):
        MonthlyReader.objects.filter(pk=reader.pk, told_up_to=now).update(told_up_to=before)
        raise


def _letter(reader: MonthlyReader, news: list[Story], day: date) -> Note:
    about, ending = str(company.company()), _address("loop:stop_letters", _stops, reader)
    shown = stories.with_figures(news[:STORIES_A_LETTER])
    parts = [_in_words(one) for one in shown]
    if left := len(news) - len(shown):
        parts.append(
            ngettext("One more stands on the page.", "%(n)d more stand on the page.", left) % {"n": left}
        )
    address = f"{settings.PAGES_URL}{reverse('loop:you_said')}"
    goes_on = _(
        "You get this because you asked for it, at most once a month. Stop it and be forgotten: %(link)s"
    ) % {"link": ending}
    text = "\n\n".join([*parts, _("All of it: %(link)s") % {"link": address}, f"-- \n{goes_on}"])
    subject = ngettext(
        "%(company)s: you said, we did: one thing", "%(company)s: you said, we did: %(n)d things", len(news)
    ) % {"company": about, "n": len(news)}
    return Note(
        reader.address, subject, f"{text}\n", f"letter-{reader.pk}-{day:%Y%m%d}", author=about, stop=ending,
        language=reader.language,
    )  # fmt: skip


def _in_words(one: stories.Shown) -> str:
    """One story as text, with what those who were told say, also where they say no."""
    told = one.told
    lines = [_("You said: %(said)s") % {"said": one.story.said}]
    lines.append(
        (_("Not done: %(did)s") if one.story.is_no else _("We did: %(did)s")) % {"did": one.story.did}
    )
    if told.told:
        said = _(
            "%(yes)d of %(told)d who were told say: solved. %(no)d say: not yet, %(silent)d have said nothing."
        )
        lines.append(said % {"yes": told.yes, "told": told.told, "no": told.no, "silent": told.silent})
    if one.is_open_again:
        lines.append(_("Opened again: we look at it once more."))
    return "\n".join(lines)


def _post(note: Note, now: datetime) -> None:
    try:
        post(PostOffice(**settings.MAIL_SERVER), note, now=now, wait=time.sleep)
    except PerhapsSent:
        return  # a second one would perhaps be one too many
    except NotSent as error:
        if error.for_good:
            raise work.GiveUp(_("The mail server does not take this address.")) from None
        raise


def _address(name: str, signer: Signer, reader: MonthlyReader) -> str:
    # With the moment it was asked for: a number that somebody else gets later is another link.
    signed = signer.sign(f"{reader.pk}-{reader.asked_at.timestamp():.0f}")
    return f"{settings.PAGES_URL.rstrip('/')}{reverse(name, args=[signed])}"


def _by(signer: Signer, link: str) -> MonthlyReader | None:
    try:
        number, _dash, asked = signer.unsign(link).partition("-")
    except BadSignature:
        return None
    reader = MonthlyReader.objects.filter(pk=number).first()
    return reader if reader and f"{reader.asked_at.timestamp():.0f}" == asked else None
