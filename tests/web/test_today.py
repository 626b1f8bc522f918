"""The front page: nothing read, being read, disconnects, silence, and what others than staff see."""

from datetime import UTC, date, datetime

import pytest

from interlock.converse.models import Conversation, Participant
from interlock.fabric import records
from interlock.fabric.models import Chat, Context
from interlock.listen.models import ThemeState
from interlock.listen.themes import deciding
from interlock.reconnect.models import Detection, Disconnect, DriverReport
from interlock.web import sentences
from interlock.web.driver_words import driver_card_text
from listen.themed import direction, theme
from listen.waiting import said
from web.alarms import alarm

NOON = datetime(2026, 11, 19, 12, tzinfo=UTC)
SENTENCE = {
    "text": "{team_id} promised dates for {family} that we missed {x} of {n} times; usually it is {usual} in 100.",
    "values": {"team_id": "Shops North", "family": "Heron <Cargo>", "x": 71, "n": 1208, "usual": "12"},
    "rows": {"x": "hits", "n": "all"},
}
SIBLINGS = [
    {"label": "Shops North", "x": 71, "n": 208, "rate": 0.341, "low": 0.28, "high": 0.41, "expected": 0.12, "subject": True},
    {"label": "Shops East", "x": 24, "n": 174, "rate": 0.138, "low": 0.095, "high": 0.197, "expected": 0.12, "subject": False},
]  # fmt: skip


@pytest.fixture
def records_are_in(monkeypatch):
    """Records were imported; what they hold does not matter here."""
    one = type("One", (), {"number": 3, "counts": {"orders": 10}})()
    monkeypatch.setattr(records, "snapshot", lambda: one)
    monkeypatch.setattr("interlock.web.today.answering_now", lambda: None)


@pytest.fixture
def detected(records_are_in, db):
    return Detection.objects.create(snapshot_number=3, versions={}, ran_at=NOON, as_of=NOON, rules_off=[{}])


@pytest.fixture
def disconnect(db):
    """Make disconnects, each on a context of its own and dearer than the next."""

    def make(number=1, **more):
        fields = {
            "rule": "R01", "function_a": "sales", "function_b": "production", "state": "detected", "state_since": NOON,
            "tier": "detected", "n": 1208, "x": 71, "rate": 0.341, "baseline": 0.12, "low": 0.28, "high": 0.41,
            "probability": 0.97, "currency": "EUR", "money_low": 18_100_000, "money_mid": 31_200_000,
            "money_high": 47_400_000, "money_basis": "lost", "worth": 1_000_000 - number, "consequence": SENTENCE,
            "lead": SENTENCE, "words": "", "siblings": SIBLINGS, "row_query": {}, "snapshot_number": 3, "versions": {},
            "window_from": date(2026, 8, 21), "window_to": date(2026, 11, 19), "first_seen": NOON, "last_seen": NOON,
            "context": Context.objects.create(kind="team", key=str(number), label=f"Team {number}"),
        }  # fmt: skip
        return Disconnect.objects.create(**fields | more)

    return make


def test_before_the_rules_have_run_the_page_says_so(signed_in, records_are_in):
    page = signed_in("lead").get("/").content.decode()

    assert "Your records are in; the rules are reading them now." in page


def test_who_only_hears_customers_sees_what_they_ask_before_any_record_is_imported(signed_in, records_are_in):
    theme("Lamp dark", direction(1), state="emerging", state_since=NOON)
    said("My lamp is dark.")

    page = signed_in("lead").get("/").content.decode()

    assert "This is what customers ask of us." in page
    assert "Lamp dark" in page
    assert "Records up to" not in page


def test_once_all_records_are_gone_the_page_is_the_start_again(signed_in, detected, monkeypatch):
    client = signed_in("lead")
    before = client.get("/").text
    empty = type("One", (), {"number": 4, "counts": {"orders": 0}})()
    monkeypatch.setattr(records, "snapshot", lambda: empty)
    emptied = client.get("/").text
    theme("Lamp dark", direction(1))
    said("My lamp is dark.")
    heard = client.get("/").text

    assert ["That is all for today." in page for page in (before, emptied, heard)] == [True, False, True]
    assert "/demo/" in emptied


def test_silence_is_written_out(signed_in, detected):
    page = signed_in("lead").get("/").content.decode()

    assert "Nothing that customers feel stands out from chance today." in page
    assert "That is all for today." in page


def test_a_customer_sees_nothing_of_the_company(signed_in, detected, disconnect):
    disconnect()
    client = signed_in("customer")
    # Who takes part in no talk of ours has nothing here: an empty page under our name is no welcome to a customer.
    instead = client.get("/", follow=True)
    context = Context.objects.create(kind="team", key="8", label="Shops South")
    talk = Conversation.objects.create(
        context=context, title="Dates", state_since=NOON, opened_by=client.person, opened_at=NOON
    )
    Participant.objects.create(
        conversation=talk, person=client.person, replied_at=NOON, invited_by=client.person, invited_at=NOON
    )

    page = client.get("/").content.decode()

    assert "Shops North" not in page
    assert "Nobody waits for a word from you." in page
    assert "/disconnects/" not in page
    assert instead.redirect_chain == [("/community/mine/", 302)]
    assert "You have not told us anything yet." in instead.text


def test_a_conversation_that_waits_is_a_card(signed_in, detected):
    client = signed_in("contributor", "production")
    context = Context.objects.create(kind="team", key="7", label="Shops North")
    opener = client.person.__class__.objects.create(name="Tomas Brandt", role="lead", functions=["sales"])
    talk = Conversation.objects.create(
        context=context, title="Missed dates", question="Which date can we keep?", state_since=NOON,
        opened_by=opener, opened_at=NOON,
    )  # fmt: skip
    Participant.objects.create(
        conversation=talk, person=client.person, function="production", invited_by=opener, invited_at=NOON
    )

    page = client.get("/").content.decode()

    assert "Which date can we keep?" in page
    assert "Tomas Brandt asked you in on" in page


def test_the_strongest_driver_is_a_card(signed_in, detected):
    driver = {
        "factor": "late", "outcome": "bad_rating", "x_with": 3554, "n_with": 6534, "rate_without": 0.09,
        "adjusted_ratio": 5.2, "adjusted_ratio_low": 5.0, "adjusted_ratio_high": 5.4,
    }  # fmt: skip
    DriverReport.objects.create(snapshot_number=3, made_at=NOON, content={"drivers": [driver]})

    page = signed_in("observer").get("/").content.decode()

    assert (
        "When an order is later than promised, 3,554 of 6,534 end in a bad rating; of the others it is 9\u00a0in\u00a0100."
        in page
    )
    assert "5.2 times as likely (5.0 to 5.4)" in page


def test_the_front_page_asks_few_questions_of_the_database(
    signed_in, detected, disconnect, django_assert_max_num_queries
):
    for number in range(12):
        disconnect(number)
    client = signed_in("lead")
    client.get("/")

    with django_assert_max_num_queries(29):
        page = client.get("/").content.decode()

    assert (
        "Customers are let down in 12 places between our functions; three deserve ten minutes today." in page
    )
    assert "Nine quieter things wait under" in page
    assert "One rule could not be asked" in page


def test_a_theme_asks_for_a_decider_and_then_the_decider_for_a_decision(signed_in, detected):
    fee = theme("The new fee", direction(1), state=ThemeState.EMERGING)
    browser = signed_in("lead", "finance")
    assert "Nobody decides about “The new fee”." in browser.get("/").content.decode()

    asks = {"question": "Do we keep the fee?", "decide_by": date(2026, 12, 1), "function": "finance"}
    deciding.ask_decision(theme=fee, decider=browser.person, by=browser.person, now=NOON, **asks)
    page = browser.get("/").content.decode()
    assert "Yours to decide" in page
    assert f'/signals/themes/{fee.key}/#decision"' in page


def test_the_dearest_disconnect_leads_with_its_proof_and_is_escaped(signed_in, detected, disconnect):
    one = disconnect()

    page = signed_in("lead").get("/").content.decode()

    assert f'<a class="num" href="/disconnects/{one.pk}/rows/hits/">71</a>' in page
    assert "Heron &lt;Cargo&gt;" in page
    assert "Bring Sales and Production together" in page
    assert "€312\u00a0k a year (181 to 474)." in page
    assert '<table class="forest' in page


def test_what_only_stands_on_orders_is_not_called_a_loss(signed_in, detected, disconnect):
    disconnect(money_basis="exposed")

    page = signed_in("lead").get("/").content.decode()

    assert "Orders worth €312\u00a0k a year stand on it (181 to 474)." in page
    assert "all of it is the value of orders, not a loss" in page


def test_a_driver_of_any_fact_has_words():
    driver = {
        "factor": "region: RJ",
        "outcome": "bad_rating",
        "x_with": 40,
        "n_with": 200,
        "rate_without": 0.12,
    }

    sentence, _why = driver_card_text(driver)

    assert sentences.text(sentence) == (
        "Orders to RJ: 40 of 200 end in a bad rating; of the others it is 12\u00a0in\u00a0100."
    )


def test_an_outcry_leads_and_what_is_only_above_its_limit_does_not(signed_in, detected, disconnect):
    disconnect(1)
    client = signed_in("lead")
    loud = alarm("emerging", kind="source", key="7", label="Help desk")
    assert client.get("/").context["page"].cards[0].sentence.startswith("“Help desk” is above its limit")

    alarm(label="Panniers")
    alarm(kind="channel", key="chat", label="chat")
    page = client.get("/").context["page"]

    assert page.lead.sentence.startswith("“Panniers” is an outcry")
    assert "Two more alarms go on." in page.lead.why
    assert page.lead.url != f"/signals/outcries/{loud.pk}/"
    assert len(page.cards) <= 6


@pytest.mark.parametrize(
    ("n", "said"),
    [
        (0, "Your records do not say when a signal was answered, and nobody's hour has come here lately."),
        (12, "The hour of 12 signals came in the last 30 days; a share is stated from 30."),
        (40, "30 of 40 in 30 days"),
    ],
)
def test_where_the_records_name_no_answers_the_clocks_say_who_had_one(n, said, records_are_in):
    from interlock.listen.waiting import InTime
    from interlock.web.top_line import top_line

    found = InTime(n, n * 3 // 4, 0.6, 0.86)
    urls = {"signals": "/signals/", "waiting": "/signals/waiting/", "disconnects": "/disconnects/"}
    _money, *answers = top_line([], found, open_count=0, urls=urls)

    assert len(answers) == 1
    assert said in f"{answers[0].refusal} {answers[0].note}"


def test_a_chat_that_is_not_told_any_more_is_a_card_for_who_looks_after_it_alone(signed_in, detected):
    browser = signed_in("lead", "service")
    for function in ("service", "production"):
        Chat.objects.create(
            function=function, name=f"#{function}", address="", host="h", form="slack", made_at=NOON, told_at=NOON,
            stopped_at=NOON, error="h refused it (404). Make a new webhook there and enter its address.",
        )  # fmt: skip
    shown = browser.get("/").content.decode()

    assert "#service is not told any more: it took nothing since 19 Nov" in shown.replace("\xa0", " ")
    assert "h refused it (404). Make a new webhook there and enter its address." in shown
    assert "#production" not in shown
    Chat.objects.update(stopped_at=None)
    assert "is not told any more" not in browser.get("/").content.decode()
    assert "is not told any more" not in signed_in("contributor", "service").get("/").content.decode()
