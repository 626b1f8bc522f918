"""Every setting of an installation, read once from the environment and checked.

A wrong value stops the start with a sentence that names the variable, the value and what is allowed.
`SETTINGS` is also what `docs/settings.md` and `interlock doctor` print, so nothing is configurable in secret.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from platformdirs import user_data_path

from interlock.config.mail import MAIL
from interlock.config.setting import Setting, SettingError, names, one_of, optional, whole, yes_no
from interlock.config.sign_on import SIGN_ON, sign_on_faults


def _folder(text: str) -> Path:
    path = Path(text).expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise SettingError("names a file; give a folder")
    return path


def _host(text: str) -> str:
    if not text or any(sign in text for sign in "/ :"):
        raise SettingError("needs a host name or an address without port, such as 127.0.0.1 or 0.0.0.0")
    return text


def _address(text: str) -> str:
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname or url.query:
        raise SettingError("needs a whole address such as https://interlock.example.com/events")
    return text


def _endpoint(text: str) -> str:
    if text == "none":
        return ""
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query or url.fragment:
        raise SettingError(
            "needs an address without user or query, such as https://llm.example.com/v1, or none"
        )
    return text.rstrip("/")


def _encoder(text: str) -> Path | None:
    if text == "none":
        return None
    folder = Path(text).expanduser().absolute()
    if not any((folder / name).is_file() for name in ("model.onnx", "onnx/model.onnx")):
        raise SettingError("needs a folder that holds model.onnx; see docs/settings.md")
    return folder


def _allowed_folders(text: str) -> tuple[Path, ...]:
    given = [] if text == "none" else [part.strip() for part in text.split(os.pathsep) if part.strip()]
    if any(not Path(part).is_absolute() or Path(part) == Path("/") for part in given):
        raise SettingError("needs full paths of folders such as /srv/exports, and never / itself")
    return tuple(map(Path, given))


def _private_hosts(text: str) -> frozenset[str]:
    hosts = [] if text == "none" else names(text.lower())
    if any(sign in name for name in hosts for sign in "/@*?"):
        raise SettingError("needs host names such as helpdesk.example.com or 10.0.0.5:8443, without * or /")
    return frozenset(hosts)


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingError("needs a time zone such as Europe/Zurich") from error
    return text


def _currency(text: str) -> str:
    if len(text) != 3 or not text.isalpha() or not text.isupper():
        raise SettingError("needs an ISO 4217 code in capitals, such as EUR")
    return text


def _database(text: str) -> dict[str, Any]:
    """Turn a database URL into what Django wants; the empty text means SQLite in the home folder."""
    if not text:
        return {}
    url = urlsplit(text)
    if url.scheme not in {"postgres", "postgresql"}:
        raise SettingError("needs postgresql://user:password@host:port/name, or nothing for SQLite")
    options = {
        name: unquote(value)
        for name, _, value in (pair.partition("=") for pair in url.query.split("&") if pair)
    }
    # The embedded servers of the tests listen on a socket named in the query: ?host=/folder
    host = options.pop("host", None) or url.hostname or ""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": host,
        "PORT": str(url.port or ""),
        "OPTIONS": options,
    }


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "INTERLOCK_HOME",
        "the user's data folder",
        "Folder of all state: database, records, uploads, keys.",
        _folder,
    ),
    Setting("INTERLOCK_HOST", "127.0.0.1", "Address the web server listens on.", _host),
    Setting("INTERLOCK_PORT", "8000", "Port the web server listens on.", whole(1, 65535)),
    Setting(
        "INTERLOCK_STREAM_PORT",
        "INTERLOCK_PORT + 1",
        "Port of the event stream, which tells open pages what is new; 0 for none.",
        whole(0, 65535),
    ),
    Setting(
        "INTERLOCK_STREAM_URL",
        "the stream's port; /events with INTERLOCK_HTTPS",
        "Where browsers find the event stream behind a proxy, such as https://interlock.example.com/events.",
        _address,
    ),
    Setting(
        "INTERLOCK_URL",
        "http://INTERLOCK_HOST:INTERLOCK_PORT",
        "Address under which people open the pages; links in mails and chats lead there.",
        _address,
    ),
    *MAIL,
    Setting(
        "DATABASE_URL", "SQLite in INTERLOCK_HOME", "postgresql:// URL of the relational database.", _database
    ),
    Setting(
        "INTERLOCK_ENGINE",
        "duckdb://",
        "Engine that reads the records; spark:// comes with a later release.",
        one_of("duckdb://"),
    ),
    Setting(
        "INTERLOCK_ALLOWED_HOSTS",
        "localhost, 127.0.0.1 and INTERLOCK_HOST",
        "Host names that may be asked for, parted by commas.",
        names,
    ),
    Setting("INTERLOCK_HTTPS", "no", "yes behind a TLS proxy: cookies are sent over TLS only.", yes_no),
    Setting(
        "INTERLOCK_SECRET_KEY",
        "made once, kept in INTERLOCK_HOME",
        "Key that signs sessions and links, 32 characters or more.",
        str,
    ),
    Setting("INTERLOCK_TIME_ZONE", "UTC", "Time zone in which dates are shown.", _zone),
    Setting(
        "INTERLOCK_LANGUAGE", "en", "Language of the pages until a person chooses another.", one_of("en")
    ),
    Setting("INTERLOCK_CURRENCY", "EUR", "Currency of amounts whose records name none.", _currency),
    Setting("INTERLOCK_WORKERS", "2", "Web server processes.", whole(1, 64)),
    Setting("INTERLOCK_SOURCE_THREADS", "8", "Sources that are asked at the same time.", whole(1, 64)),
    Setting(
        "INTERLOCK_MEMORY_MB",
        "1024",
        "Memory that reading and analysing records may take, per process.",
        whole(256, 1_048_576),
    ),
    Setting("INTERLOCK_UPLOAD_MB", "512", "Largest upload that a page accepts.", whole(1, 102_400)),
    Setting(
        "INTERLOCK_UNPACKED_MB", "2048", "Largest content that a zip may unpack to.", whole(1, 1_048_576)
    ),
    Setting(
        "INTERLOCK_API_MB",
        "25",
        "Largest body that a program may send, unpacked, in megabytes.",
        whole(1, 1024),
    ),
    Setting(
        "INTERLOCK_API_RATE",
        "300",
        "Requests a second that each web process takes from one token or webhook; twice as many at once.",
        whole(1, 1_000_000),
    ),
    Setting(
        "INTERLOCK_STRANGER_RATE",
        "30",
        "Likewise from one address without a token or signature that was good before.",
        whole(1, 1_000_000),
    ),
    Setting(
        "INTERLOCK_KEEP_DAYS", "90", "Days for which earlier versions of records are kept.", whole(1, 3650)
    ),
    Setting(
        "INTERLOCK_WATCH_FOLDERS",
        "none",
        "Folders of this machine that sources may read, parted by colons; everything below them too.",
        _allowed_folders,
    ),
    Setting(
        "INTERLOCK_PRIVATE_HOSTS",
        "none",
        "Hosts of your own network that sources may ask, as name or name:port, parted by commas.",
        _private_hosts,
    ),
    Setting(
        "INTERLOCK_ENCODER", "none", "Folder with a sentence encoder that reads texts for themes.", _encoder
    ),
    Setting(
        "INTERLOCK_NAMES_URL",
        "none",
        "OpenAI-compatible endpoint that is asked for names of themes, such as https://llm.example.com/v1.",
        _endpoint,
    ),
    Setting("INTERLOCK_NAMES_MODEL", "none", "Model that is asked there.", optional),
    Setting("INTERLOCK_NAMES_KEY", "none", "Key that is sent there as a bearer token.", optional),
    *SIGN_ON,
    Setting(
        "INTERLOCK_LOG",
        "info",
        "How much is written to the log.",
        one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        "INTERLOCK_DEBUG",
        "no",
        "yes shows error details in the browser; never on a reachable machine.",
        yes_no,
    ),
)


def read_environment(environ: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return every setting by name, defaults filled in.

    Raises:
        SettingError: names the variable, its value and what is allowed; all faults at once.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    faults: list[str] = []
    for setting in SETTINGS:
        text = environ.get(setting.name, "").strip()
        if not text:
            values[setting.name] = _default(setting)
            continue
        try:
            values[setting.name] = setting.read(text)
        except SettingError as error:
            shown = "(hidden)" if "KEY" in setting.name or "URL" in setting.name else repr(text)
            faults.append(f"{setting.name} {error}; it is {shown}.")
    known = {setting.name for setting in SETTINGS}
    faults += [
        f"{name} is not a setting of Interlock; docs/settings.md lists them all."
        for name in sorted(environ)
        if name.startswith("INTERLOCK_")
        and name not in known
        and not name.startswith(("INTERLOCK_TEST_", "INTERLOCK_CHROMIUM"))
    ]
    if values.get("INTERLOCK_NAMES_URL") and not values.get("INTERLOCK_NAMES_MODEL"):
        faults.append("INTERLOCK_NAMES_URL is set and INTERLOCK_NAMES_MODEL is not; name the model to ask.")
    faults += sign_on_faults(values)
    if faults:
        raise SettingError(" ".join(faults))
    values["INTERLOCK_SECRET_KEY"] = values["INTERLOCK_SECRET_KEY"] or _kept_key(values["INTERLOCK_HOME"])
    if len(values["INTERLOCK_SECRET_KEY"]) < 32:
        raise SettingError("INTERLOCK_SECRET_KEY needs 32 characters or more.")
    return values


def _default(setting: Setting) -> Any:
    if setting.name == "INTERLOCK_HOME":
        return user_data_path("interlock", appauthor=False)
    if setting.name in {"INTERLOCK_STREAM_PORT", "INTERLOCK_STREAM_URL", "INTERLOCK_URL"}:
        return ""
    if setting.name in {"DATABASE_URL", "INTERLOCK_SECRET_KEY", "INTERLOCK_ALLOWED_HOSTS"}:
        return {"DATABASE_URL": {}, "INTERLOCK_SECRET_KEY": "", "INTERLOCK_ALLOWED_HOSTS": []}[setting.name]
    return setting.read(setting.default)


def stream_port(chosen: int | str, port: int) -> int:
    """The event stream's port: the chosen one, 0 for none, or the one beside the web server's."""
    return (port + 1 if port < 65_535 else port - 1) if chosen == "" else int(chosen)


def stream_sources(url: str, port: int, hosts: Sequence[str]) -> list[str]:
    """The origins at which a page may read the event stream, as a content policy names them."""
    if url:
        parts = urlsplit(url)
        return [f"{parts.scheme}://{parts.netloc}"] if parts.netloc else []
    if not port:
        return []
    # A policy cannot name IPv6 addresses; pages asked for by one go without live updates.
    names = [f"*{host}" if host.startswith(".") else host for host in hosts if "[" not in host]
    return sorted({f"http://{name}:{port}" for name in names})


def _kept_key(home: Path) -> str:
    """Return the installation's own key; made at the first start, readable by its owner only."""
    path = home / "secret.key"
    try:
        home.mkdir(parents=True, exist_ok=True)
        return (path.read_text().strip() if path.exists() else "") or _made_key(home, path)
    except OSError as error:
        raise SettingError(
            f"INTERLOCK_HOME {home} cannot be written ({error.strerror}). Give a folder that this user may write."
        ) from error


def _made_key(home: Path, path: Path) -> str:
    """Make the key, unless another process that starts at the same moment is making it; then return theirs."""
    folder = os.open(home, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text().strip()
    finally:
        os.close(folder)
