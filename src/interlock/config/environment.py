"""Every setting of an installation, read once from the environment and checked.

A wrong value stops the start with a sentence that names the variable, the value and what is allowed.
`SETTINGS` is also what `docs/settings.md` and `interlock doctor` print, so nothing is configurable in secret.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured
from platformdirs import user_data_path


class SettingError(ImproperlyConfigured):
    """A variable holds a value that Interlock cannot start with."""


@dataclass(frozen=True)
class Setting:
    """One environment variable: its name, default as shown to people, meaning and reader."""

    name: str
    default: str
    meaning: str
    read: Callable[[str], Any]


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.strip().isdigit() or not low <= int(text) <= high:
            raise SettingError(f"needs a whole number from {low} to {high}")
        return int(text)

    return read


def _yes_no(text: str) -> bool:
    if text.lower() not in {"yes", "no", "1", "0", "true", "false"}:
        raise SettingError("needs yes or no")
    return text.lower() in {"yes", "1", "true"}


def _one_of(*allowed: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise SettingError(f"needs one of {', '.join(allowed)}")
        return text

    return read


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


def _issuer(text: str) -> str:
    if text == "none":
        return ""
    url = urlsplit(text)
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query or url.fragment:
        raise SettingError(
            "needs the issuer's address, such as https://login.example.com/realms/company, or none"
        )
    return text


def _domains(text: str) -> frozenset[str]:
    names = [] if text == "none" else _names(text.lower())
    if any(sign in name for name in names for sign in "/@*? ") or any("." not in name for name in names):
        raise SettingError("needs mail domains such as example.com, without @ or *, or none")
    return frozenset(names)


def single_sign_on(values: Mapping[str, Any]) -> dict[str, Any]:
    """The single sign-on in one piece; empty where none is set up."""
    if not values["INTERLOCK_SSO_URL"]:
        return {}
    return {
        "issuer": values["INTERLOCK_SSO_URL"],
        "client": values["INTERLOCK_SSO_CLIENT"],
        "secret": values["INTERLOCK_SSO_KEY"],
        "name": values["INTERLOCK_SSO_NAME"],
        "domains": values["INTERLOCK_SSO_DOMAINS"],
        "customers": values["INTERLOCK_SSO_CUSTOMERS"],
    }


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def _optional(text: str) -> str:
    return "" if text == "none" else text


def _allowed_folders(text: str) -> tuple[Path, ...]:
    given = [] if text == "none" else [part.strip() for part in text.split(os.pathsep) if part.strip()]
    if any(not Path(part).is_absolute() or Path(part) == Path("/") for part in given):
        raise SettingError("needs full paths of folders such as /srv/exports, and never / itself")
    return tuple(map(Path, given))


def _private_hosts(text: str) -> frozenset[str]:
    names = [] if text == "none" else _names(text.lower())
    if any(sign in name for name in names for sign in "/@*?"):
        raise SettingError("needs host names such as helpdesk.example.com or 10.0.0.5:8443, without * or /")
    return frozenset(names)


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


_MAIL_PORTS = {"smtps": ("tls", 465), "smtp": ("starttls", 587), "smtp+none": ("none", 25)}


def _mail(text: str) -> dict[str, Any]:
    """Turn the URL of an SMTP server into its parts; the word none means that no mail is sent."""
    if text == "none":
        return {}
    wrong = "needs smtps://user:password@smtp.example.com?from=interlock@example.com (smtp:// with STARTTLS)"
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise SettingError(wrong) from error
    user = unquote(url.username or "")
    sender = dict(parse_qsl(url.query)).get("from", user)
    if url.scheme not in _MAIL_PORTS or not url.hostname or sender.count("@") != 1:
        raise SettingError(wrong)
    security, usual = _MAIL_PORTS[url.scheme]
    return {
        "host": url.hostname,
        "port": port or usual,
        "security": security,
        "user": user,
        "password": unquote(url.password or ""),
        "sender": sender,
    }


def _mailbox(text: str) -> str:
    """An address of which the part before the @ leaves room for the token of a reply."""
    name, _at, domain = text.partition("@")
    if text == "none":
        return ""
    if not re.fullmatch(r"[\w.-]{1,20}", name, re.ASCII) or not re.fullmatch(
        r"[\w.-]{1,180}", domain, re.ASCII
    ):
        raise SettingError(
            "needs an address such as service@example.com, with at most 20 letters before the @"
        )
    return text.lower()


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "INTERLOCK_HOME",
        "the user's data folder",
        "Folder of all state: database, records, uploads, keys.",
        _folder,
    ),
    Setting("INTERLOCK_HOST", "127.0.0.1", "Address the web server listens on.", _host),
    Setting("INTERLOCK_PORT", "8000", "Port the web server listens on.", _whole(1, 65535)),
    Setting(
        "INTERLOCK_STREAM_PORT",
        "INTERLOCK_PORT + 1",
        "Port of the event stream, which tells open pages what is new; 0 for none.",
        _whole(0, 65535),
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
    Setting(
        "INTERLOCK_MAIL_URL",
        "none",
        "SMTP server for notices, as smtps://user:password@host?from=address; smtp:// for STARTTLS.",
        _mail,
    ),
    Setting(
        "INTERLOCK_REPLY_ADDRESS",
        "none",
        "Address of a connected mailbox that takes mail for name+anything@; replies to notices go there.",
        _mailbox,
    ),
    Setting(
        "DATABASE_URL", "SQLite in INTERLOCK_HOME", "postgresql:// URL of the relational database.", _database
    ),
    Setting(
        "INTERLOCK_ENGINE",
        "duckdb://",
        "Engine that reads the records; spark:// comes with a later release.",
        _one_of("duckdb://"),
    ),
    Setting(
        "INTERLOCK_ALLOWED_HOSTS",
        "localhost, 127.0.0.1 and INTERLOCK_HOST",
        "Host names that may be asked for, parted by commas.",
        _names,
    ),
    Setting("INTERLOCK_HTTPS", "no", "yes behind a TLS proxy: cookies are sent over TLS only.", _yes_no),
    Setting(
        "INTERLOCK_SECRET_KEY",
        "made once, kept in INTERLOCK_HOME",
        "Key that signs sessions and links, 32 characters or more.",
        str,
    ),
    Setting("INTERLOCK_TIME_ZONE", "UTC", "Time zone in which dates are shown.", _zone),
    Setting(
        "INTERLOCK_LANGUAGE", "en", "Language of the pages until a person chooses another.", _one_of("en")
    ),
    Setting("INTERLOCK_CURRENCY", "EUR", "Currency of amounts whose records name none.", _currency),
    Setting("INTERLOCK_WORKERS", "2", "Web server processes.", _whole(1, 64)),
    Setting("INTERLOCK_SOURCE_THREADS", "8", "Sources that are asked at the same time.", _whole(1, 64)),
    Setting(
        "INTERLOCK_MEMORY_MB",
        "1024",
        "Memory that reading and analysing records may take, per process.",
        _whole(256, 1_048_576),
    ),
    Setting("INTERLOCK_UPLOAD_MB", "512", "Largest upload that a page accepts.", _whole(1, 102_400)),
    Setting(
        "INTERLOCK_UNPACKED_MB", "2048", "Largest content that a zip may unpack to.", _whole(1, 1_048_576)
    ),
    Setting(
        "INTERLOCK_API_MB",
        "25",
        "Largest body that a program may send, unpacked, in megabytes.",
        _whole(1, 1024),
    ),
    Setting(
        "INTERLOCK_API_RATE",
        "300",
        "Requests a second that each web process takes from one token or webhook; twice as many at once.",
        _whole(1, 1_000_000),
    ),
    Setting(
        "INTERLOCK_STRANGER_RATE",
        "30",
        "Likewise from one address without a token or signature that was good before.",
        _whole(1, 1_000_000),
    ),
    Setting(
        "INTERLOCK_KEEP_DAYS", "90", "Days for which earlier versions of records are kept.", _whole(1, 3650)
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
    Setting("INTERLOCK_NAMES_MODEL", "none", "Model that is asked there.", _optional),
    Setting("INTERLOCK_NAMES_KEY", "none", "Key that is sent there as a bearer token.", _optional),
    Setting(
        "INTERLOCK_SSO_URL",
        "none",
        "Issuer of an OpenID Connect sign-on, such as https://login.example.com/realms/company.",
        _issuer,
    ),
    Setting("INTERLOCK_SSO_CLIENT", "none", "Name of this installation as a client there.", _optional),
    Setting("INTERLOCK_SSO_KEY", "none", "Secret of that client.", _optional),
    Setting("INTERLOCK_SSO_NAME", "single sign-on", "What the button to sign in there calls it.", str),
    Setting(
        "INTERLOCK_SSO_DOMAINS",
        "none",
        "Mail domains, parted by commas, whose people become colleagues there without an invitation.",
        _domains,
    ),
    Setting(
        "INTERLOCK_SSO_CUSTOMERS",
        "no",
        "yes lets everybody else with a verified address there come in as a customer.",
        _yes_no,
    ),
    Setting(
        "INTERLOCK_LOG",
        "info",
        "How much is written to the log.",
        _one_of("debug", "info", "warning", "error"),
    ),
    Setting(
        "INTERLOCK_DEBUG",
        "no",
        "yes shows error details in the browser; never on a reachable machine.",
        _yes_no,
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
    if values.get("INTERLOCK_SSO_URL") and not (
        values.get("INTERLOCK_SSO_CLIENT") and values.get("INTERLOCK_SSO_KEY")
    ):
        faults.append(
            "INTERLOCK_SSO_URL is set; INTERLOCK_SSO_CLIENT and INTERLOCK_SSO_KEY are needed beside it."
        )
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
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(48))
        return path.read_text().strip()
    except OSError as error:
        raise SettingError(
            f"INTERLOCK_HOME {home} cannot be written ({error.strerror}). Give a folder that this user may write."
        ) from error
