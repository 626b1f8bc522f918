"""`interlock serve`: web server, workers and event stream under one process, and `interlock migrate`.

The parent starts the children, starts a dead one again (waiting longer each time it dies young), and on
SIGTERM or Ctrl-C asks them to finish, then waits. It holds no state, so killing it loses nothing.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from types import FrameType

import click
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.urls import reverse
from django.utils import timezone

from interlock.fabric.invitations import first_owner_link

# A worker in the middle of an import gets this long to finish before it is killed; a killed import
# leaves the records as they were.
GRACE_SECONDS = 15
LONGEST_WAIT_SECONDS = 30


@dataclass
class Child:
    """One child process and how often it died young."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    early_deaths: int = 0
    start_at: float = field(default=0.0)

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, start_new_session=True, preexec_fn=_end_with_parent)
        self.started = time.monotonic()

    def plan_restart(self) -> float:
        """Note that the child died, and return the seconds to wait: 0.5, 1, 2 ... up to 30."""
        lived = time.monotonic() - self.started
        self.early_deaths = self.early_deaths + 1 if lived < LONGEST_WAIT_SECONDS else 0
        wait = min(LONGEST_WAIT_SECONDS, 0.5 * 2 ** max(0, self.early_deaths - 1))
        self.process, self.start_at = None, time.monotonic() + wait
        return wait


class Supervisor:
    """Keeps children alive until it is told to stop, and says once where the pages are, when they can be asked for."""

    def __init__(self, children: list[Child], place: tuple[str, int], welcome: str) -> None:
        self.children = children
        self.place = place
        self.welcome = welcome
        self.stopping = False

    def run(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        try:
            while not self.stopping:
                self._look_after()
                if self.welcome and _answers(*self.place):
                    click.echo(self.welcome)
                    self.welcome = ""
                time.sleep(0.2)
        finally:
            self._end_children()

    def _look_after(self) -> None:
        for child in self.children:
            if child.process is None:
                if time.monotonic() >= child.start_at:
                    child.start()
            elif (code := child.process.poll()) is not None:
                wait = child.plan_restart()
                click.echo(
                    f"The {child.name} ended with code {code}; it starts again in {wait:g} s.", err=True
                )

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def _end_children(self) -> None:
        alive = [child.process for child in self.children if child.process and child.process.poll() is None]
        for process in alive:
            _signal_group(process, signal.SIGTERM)
        deadline = time.monotonic() + GRACE_SECONDS
        for process in alive:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                _signal_group(process, signal.SIGKILL)
                process.wait()


def _end_with_parent() -> None:
    """Ask Linux to end this child when the parent is killed; elsewhere a killed parent leaves its children."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return


@click.command()
@click.option("--host", default=None, help="Address to listen on instead of INTERLOCK_HOST.")
@click.option("--port", default=None, type=click.IntRange(1, 65535), help="Port instead of INTERLOCK_PORT.")
def serve(host: str | None, port: int | None) -> None:
    """Start the web server, the workers and the event stream, and keep them running."""
    host = host or settings.ENVIRONMENT["INTERLOCK_HOST"]
    port = port or settings.ENVIRONMENT["INTERLOCK_PORT"]
    # `--port` moves the stream with it, unless a port was chosen for that too.
    streaming = settings.STREAM_PORT + (port - settings.ENVIRONMENT["INTERLOCK_PORT"]) * _follows_port()
    _check_port(host, port, "INTERLOCK_PORT")
    if streaming:
        _check_port(host, streaming, "INTERLOCK_STREAM_PORT")
    _check_assets()
    prepare_database()
    shown = "127.0.0.1" if host == "0.0.0.0" else host  # noqa: S104 - shown, not bound
    welcome = _welcome(f"http://{shown}:{port}")
    os.environ["INTERLOCK_HOST"], os.environ["INTERLOCK_PORT"] = host, str(port)
    connection.close()
    Supervisor(_children(host, port, streaming), (shown, port), welcome).run()
    click.echo("Stopped.")


def _follows_port() -> bool:
    return settings.ENVIRONMENT["INTERLOCK_STREAM_PORT"] == ""


def web_command(host: str, port: int) -> list[str]:
    """The granian command line. Four threads a process: what they take in at the same time shares one commit."""
    built = settings.PACKAGE / "web" / "static" / "built"
    return [
        *(
            sys.executable,
            "-m",
            "interlock.cli.web_server",
            "interlock.config.wsgi:application",
            "--interface",
            "wsgi",
        ),
        *("--host", host, "--port", str(port), "--workers", str(settings.ENVIRONMENT["INTERLOCK_WORKERS"])),
        *("--blocking-threads", "4", "--log-level", "warning"),
        # A killed process is back at once; only one that dies again and again waits.
        *("--respawn-failed-workers", "--respawn-interval", "0.2"),
        *("--static-path-route", "/static/built", "--static-path-mount", str(built)),
        # Addresses of assets carry the hash of their content, so they may be kept for a year.
        *("--static-path-expires", "31536000"),
    ]


def stream_command(host: str, port: int) -> list[str]:
    return [sys.executable, "-m", "interlock", "stream", "--host", host, "--port", str(port)]


def _children(host: str, port: int, streaming: int) -> list[Child]:
    own = [sys.executable, "-m", "interlock"]
    return [
        Child("web server", web_command(host, port)),
        Child("worker", [*own, "worker"]),
        Child("prompt worker", [*own, "prompt-worker"]),
        *([Child("event stream", stream_command(host, streaming))] if streaming else []),
    ]


def prepare_database() -> None:
    """Bring the database to this version's shape.

    Raises:
        ClickException: a newer version has changed it.
    """
    for folder in (settings.HOME, settings.RECORDS_FOLDER, settings.UPLOADS_FOLDER, settings.MAPPINGS_FOLDER):
        folder.mkdir(parents=True, exist_ok=True)
    _refuse_newer()
    call_command("migrate", verbosity=0, interactive=False)


def _refuse_newer() -> None:
    """Before anything asks for tables that have another shape than this version knows."""
    known = MigrationLoader(connection)
    ours = {one.label for one in apps.get_app_configs() if one.name.startswith("interlock.")}
    newer = sorted(
        ".".join(one)
        for one in known.applied_migrations.keys() - known.disk_migrations.keys()
        if one[0] in ours
    )
    if newer:
        raise click.ClickException(
            f"A newer version of Interlock has changed this database ({newer[-1]}; home {settings.HOME}). "
            "Start that version, or set INTERLOCK_HOME to another folder. Nothing was changed."
        )


def _welcome(address: str) -> str:
    """Where the pages are, and the owner's link while nobody owns them."""
    said = f"Interlock is at {address}  (records and database in {settings.HOME})"
    token = first_owner_link(now=timezone.now())
    if token is None:
        return said
    link = f"{address}{reverse('web:welcome', args=[token])}"
    return f"{said}\n\nNobody owns this installation yet. Open this link once, within seven days:\n\n    {link}\n"


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _check_port(host: str, port: int, setting: str) -> None:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise click.ClickException(
                f"Cannot listen on {host}:{port} ({error.strerror}). Stop what uses it, or set {setting} to a free port."
            ) from error


def _check_assets() -> None:
    if not (settings.PACKAGE / "web" / "static" / "built" / "app.css").exists():
        raise click.ClickException(
            "The page assets are not built. In a clone run ./do sync; an installed wheel carries them."
        )


@click.command()
def migrate() -> None:
    """Bring the database to this version's shape without starting anything."""
    prepare_database()
    click.echo("The database is up to date.")


@click.command("owner-link")
def owner_link() -> None:
    """Print a fresh one-time link for the owner's account, while there is none."""
    prepare_database()
    environment = settings.ENVIRONMENT
    address = f"http://{environment['INTERLOCK_HOST']}:{environment['INTERLOCK_PORT']}"
    token = first_owner_link(now=timezone.now())
    if token is None:
        raise click.ClickException(
            "There is an owner already. An owner can invite others on the People page."
        )
    click.echo(f"{address}{reverse('web:welcome', args=[token])}")


COMMANDS = [serve, migrate, owner_link]
