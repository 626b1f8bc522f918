"""Shared by all tests: an own home folder, an optional PostgreSQL, and people of every role."""

from __future__ import annotations

import atexit
import gc
import os
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import SimpleTestCase, TransactionTestCase
from hypothesis import HealthCheck
from hypothesis import settings as examples
from playwright.sync_api import expect

from databases import Migrated, copied

pytest_plugins = ["mailboxes"]
# A test must not fail because a day has come: `./do slow` runs them as they will be in a year and a month.
DAYS_LATER = int(os.environ.get("DAYS_LATER", "0"))
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
# What a test asks for when it works with the database of the run.
ASKS_A_DATABASE = {"db", "transactional_db", "live_server", "migrated_home"}


def pytest_configure() -> None:
    gc.disable()  # until all tests are known: hardly anything that is loaded meanwhile goes away
    # Seconds of a quiet machine are a minute of a shared one; what stays wrong fails all the same.
    expect.set_options(timeout=60_000)
    # How long an example takes, or takes to be thought of, says how busy the machine is.
    examples.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
    examples.load_profile("shared")
    from django.conf import settings  # set up by now
    from django.utils import timezone  # before anybody has taken its `now`

    import compiled_once  # it loads Ibis, for half a second

    compiled_once.remember()
    if DAYS_LATER:
        now = timezone.now
        timezone.now = lambda: now() + timedelta(days=DAYS_LATER)

    for database in settings.DATABASES.values():
        # Said aloud, since pytest-django knows Django's own engine of SQLite alone, and names a file for others.
        if "sqlite" in database["ENGINE"]:
            database.setdefault("TEST", {})["NAME"] = ":memory:"


def pytest_collection_finish() -> None:
    """Spare what is loaded now, a million objects that stay, from every search for garbage: a tenth of all time."""
    gc.freeze()
    # Some libraries tell of leaks at the end else; not before, or pytest's own last search would go through all of it.
    atexit.register(gc.unfreeze)
    gc.set_threshold(50_000, 20, 20)
    gc.enable()


def pytest_sessionstart() -> None:
    """Let a connection to PostgreSQL that is left open say, in the warning about it, which test opened it."""
    from django.db.backends.signals import connection_created  # after the settings

    def name_it(connection: Any, **_about: Any) -> None:
        if connection.vendor == "postgresql":
            raw = connection.connection
            where = f"{os.environ.get('PYTEST_CURRENT_TEST', 'set-up')} in {threading.current_thread().name}"
            raw.__class__ = type(f"{type(raw).__name__} of {where}", (type(raw),), {})

    connection_created.connect(name_it, weak=False)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL leave out what cannot differ there: tests without a database, and `same_everywhere`.

    They run on SQLite, which every run of all tests does first. When the clock is set on, leave out what compares it
    with the times that files, tokens and packages go by.
    """
    if "DATABASE_URL" in os.environ:
        leave_out(config, items, lambda item: not can_differ(item))
    if DAYS_LATER:
        leave_out(config, items, lambda item: item.get_closest_marker("real_clock") is not None)


def leave_out(config: pytest.Config, items: list[pytest.Item], whom: Callable[[pytest.Item], bool]) -> None:
    left_out = [item for item in items if whom(item)]
    items[:] = [item for item in items if not whom(item)]
    config.hook.pytest_deselected(items=left_out)


def can_differ(item: pytest.Item) -> bool:
    if item.get_closest_marker("same_everywhere"):
        return False
    asked = bool(ASKS_A_DATABASE.intersection(getattr(item, "fixturenames", ())))
    own_class = issubclass(getattr(item, "cls", None) or object, SimpleTestCase)
    return asked or own_class or item.get_closest_marker("django_db") is not None


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """Noon of this day, at which the clock of all pages stands: midnight parts no two requests of a test."""
    from django.utils import timezone  # after the settings

    moment = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets; tests that need it skip where it is absent, and say so."""
    root = Path(os.environ.get("TEST_DATA", Path(__file__).parents[2] / "shared" / "data"))
    if not root.is_dir():
        pytest.skip(f"the real data sets are not here ({root}); set TEST_DATA to their folder")
    return root


@pytest.fixture
def migrated_home(migrated, db) -> Iterator[Callable[[Path], dict[str, str]]]:
    """Make a home for processes of their own: `migrated_home(path)`, which answers what their environment needs.

    Where the run is on PostgreSQL, its database is one of the same server.
    """
    url = os.environ.get("DATABASE_URL", "")
    made: list[str] = []

    def make(home: Path) -> dict[str, str]:
        if not url:
            migrated.copy_to(home)
            return {}
        made.append(f"own_{os.getpid()}_{len(made)}")
        _on_server(url, f"CREATE DATABASE {made[-1]} TEMPLATE {migrated.name}")
        return {"DATABASE_URL": urlsplit(url)._replace(path=f"/{made[-1]}").geturl()}

    yield make
    for name in made:
        _on_server(url, f"DROP DATABASE {name} WITH (FORCE)")


def _on_server(url: str, statement: str) -> None:
    import psycopg  # only this database needs it

    with psycopg.connect(url, autocommit=True) as server:
        server.execute(statement)


@pytest.fixture
def home(tmp_path, settings) -> Path:
    """A fresh home folder, so that no test sees another's records."""
    settings.HOME = tmp_path
    settings.RECORDS_FOLDER = tmp_path / "records"
    settings.UPLOADS_FOLDER = tmp_path / "uploads"
    settings.MAPPINGS_FOLDER = tmp_path / "mappings"
    from interlock.fabric import records  # Django must be set up before rooms are imported

    records.forget()
    yield tmp_path
    records.forget()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory) -> Path:
    """A lake with a small Aldermoor in it, made once a run. Do not write to it."""
    from interlock.connectors.demo import aldermoor  # a second's work that few tests need
    from interlock.store.lake import Lake

    folder = tmp_path_factory.mktemp("demo") / "records"
    with Lake(folder).writing(batch_id="demo", source_id="demo") as write:
        for name, rows in aldermoor(orders=3_000).items():
            write.upsert(name, rows)
    return folder


@pytest.fixture
def demo_records(home, settings, demo_folder):
    """The small Aldermoor as this installation's records."""
    from interlock.fabric import records  # see above

    settings.RECORDS_FOLDER = demo_folder
    records.forget()
    return records.current_records()


@pytest.fixture
def person(db, home):
    """Make a person: `person("lead", "sales")` signs in as lead.sales@example.com."""
    from interlock.fabric.models import Person, User  # see above

    def make(role: str = "contributor", *functions: str, name: str = "", account: str = "") -> Person:
        email = f"{role}.{'.'.join(functions) or 'any'}.{User.objects.count()}@example.com"
        user = User.objects.create_user(email, "correct horse battery staple")
        return Person.objects.create(
            user=user,
            name=name or f"{role} {' '.join(functions)}".title(),
            role=role,
            functions=list(functions),
            account_key=account,
        )

    return make


@pytest.fixture
def signed_in(client, person):
    """A test client signed in as somebody of this role: `signed_in("owner")`; the person is `client.person`."""

    def sign_in(role: str = "owner", *functions: str):
        client.person = person(role, *functions)
        client.force_login(client.person.user)
        return client

    return sign_in


@pytest.fixture(scope="module")
def module_rows(django_db_setup, django_db_blocker):
    """What a module's own fixtures write after this is there for each of its tests, and gone after the last one.

    Each test still gives back what it writes itself. Not for tests with transactions of their own.
    """
    from django.db import transaction  # after the settings

    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request, django_db_modify_db_settings, tmp_path_factory) -> None:
    """Pages in a browser get a database in a file, as a served installation has.

    In one in memory the threads of the test server lock each other's tables, and nobody waits for a lock.
    """
    from django.db import connection  # after the settings

    if connection.vendor == "sqlite" and any(
        one.get_closest_marker("browser") for one in request.session.items
    ):
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture(scope="session")
def migrated(request, django_db_modify_db_settings) -> Migrated:
    """The migrated database of which those of the tests are copies."""
    from django.db import connection  # after the settings

    return copied(connection, request.config.cache.mkdir("databases"))


@pytest.fixture(scope="session")
def django_db_setup(migrated, django_db_setup, django_db_blocker):
    """Put the database back after a test that commits, where Django would empty each table."""

    def put_back(_case: TransactionTestCase) -> None:
        migrated.put_back()

    plain, TransactionTestCase._fixture_teardown = TransactionTestCase._fixture_teardown, put_back
    yield
    TransactionTestCase._fixture_teardown = plain
