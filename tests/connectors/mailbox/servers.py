"""A real Dovecot and a real SMTP server on this machine, with private settings and a certificate of their own."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from imapclient import IMAPClient

from ports import free_port

PASSWORD = "correct-horse-battery-staple"


def find_dovecot() -> str:
    """The path of the server; empty where it is not installed."""
    return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin") or ""


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost and its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    crt, pem = folder / "mail.crt", folder / "mail.key"
    crt.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return crt, pem


@dataclass
class Dovecot:
    """One running server: any user name, one password."""

    folder: Path
    port: int
    tls_port: int
    certificate: Path
    process: subprocess.Popen[bytes]

    def client(self, user: str) -> IMAPClient:
        client = IMAPClient("127.0.0.1", self.port, ssl=False)
        client.login(user, PASSWORD)
        return client

    def deliver(
        self,
        user: str,
        raw: bytes,
        at: datetime | None = None,
        folder: str = "INBOX",
        flags: tuple[bytes, ...] = (),
    ) -> None:
        """Put a mail into a folder as a mail server would."""
        client = self.client(user)
        if not client.folder_exists(folder):
            client.create_folder(folder)
        client.append(folder, raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), flags, at)
        client.logout()


@contextlib.contextmanager
def running_dovecot(userinfo: str = "") -> Iterator[Dovecot]:
    """Start Dovecot in a folder that its own users may enter. `userinfo`: where it asks whose an access token is."""
    folder = Path(tempfile.mkdtemp(prefix="interlock-dovecot-"))
    folder.chmod(0o755)
    certificate, key = make_certificate(folder)
    dovecot = Dovecot(folder, free_port(), free_port(), certificate, None)  # type: ignore[arg-type]
    settings = folder / "dovecot.conf"
    settings.write_text(_settings(dovecot, key) + (_with_tokens(folder, userinfo) if userinfo else ""))
    dovecot.process = subprocess.Popen([find_dovecot(), "-F", "-c", str(settings)])
    try:
        _wait_for(dovecot.port, folder)
        yield dovecot
    finally:
        dovecot.process.terminate()
        dovecot.process.wait(120)
        shutil.rmtree(folder, ignore_errors=True)


def _settings(dovecot: Dovecot, key: Path) -> str:
    is_root = os.geteuid() == 0
    user = "nobody" if is_root else pwd.getpwuid(os.geteuid()).pw_name
    entry = pwd.getpwnam(user)
    mails = dovecot.folder / "mails"
    mails.mkdir()
    if is_root:
        os.chown(mails, entry.pw_uid, entry.pw_gid)
    own = f"""
default_internal_user = {user}
default_internal_group = {entry.pw_gid}
default_login_user = {user}
service anvil {{
  chroot =
}}
"""
    return f"""
protocols = imap
listen = 127.0.0.1
base_dir = {dovecot.folder}/run
log_path = {dovecot.folder}/dovecot.log
ssl = yes
ssl_cert = <{dovecot.certificate}
ssl_key = <{key}
disable_plaintext_auth = no
auth_failure_delay = 0
mail_location = maildir:{mails}/%u
first_valid_uid = 1
last_valid_uid = 0
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={entry.pw_uid} gid={entry.pw_gid} home={mails}/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {dovecot.port}
  }}
  inet_listener imaps {{
    port = {dovecot.tls_port}
    ssl = yes
  }}
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    special_use = \\Sent
    auto = create
  }}
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
}}
{"" if is_root else own}"""


def _with_tokens(folder: Path, userinfo: str) -> str:
    backend = folder / "oauth2.conf"
    backend.write_text(
        f"introspection_url = {userinfo}\nintrospection_mode = auth\nusername_attribute = email\n"
        "active_attribute = active\nactive_value = true\n"
    )
    return f"""
auth_mechanisms = plain xoauth2 oauthbearer
passdb {{
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {backend}
}}
"""


def _wait_for(port: int, folder: Path) -> None:
    for _ in range(2_400):
        try:
            socket.create_connection(("127.0.0.1", port), 0.2).close()
            return
        except OSError:
            time.sleep(0.05)
    log = folder / "dovecot.log"
    raise RuntimeError(f"Dovecot did not start: {log.read_text() if log.exists() else 'no log'}")


@dataclass
class Post:
    """What an SMTP server does with a mail: keeps it, hands it to `deliver`, or misbehaves as told."""

    deliver: Callable[[str, bytes], None] = lambda user, raw: None
    refuse_receiver: str = ""
    refuse_mail: str = ""
    die_at: str = ""  # "dot" after the mail is kept; "body" before it is read; "before" before it is kept
    kept: list[tuple[list[str], bytes]] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802  # aiosmtpd's hook
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse_receiver and address in self.refuse_receiver:
            return self.refuse_receiver.partition("|")[2]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.refuse_mail:
            return self.refuse_mail
        if self.die_at == "before":
            server.transport.abort()
            return "250 never read"
        content: Any = envelope.content
        self.kept.append((list(envelope.rcpt_tos), content))
        for address in envelope.rcpt_tos:
            self.deliver(address, content)
        if self.die_at == "dot":
            server.transport.abort()
        return "250 queued"


def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, credentials: Any) -> AuthResult:
    return AuthResult(success=credentials.password == PASSWORD.encode(), handled=False)


@contextlib.contextmanager
def running_smtp(post: Post, **more: Any) -> Iterator[int]:
    """A real SMTP server; gives its port."""
    settings = {"authenticator": authenticate, "auth_require_tls": False} | more
    controller = Controller(post, hostname="127.0.0.1", port=free_port(), **settings)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()
        # aiosmtpd leaves the writers of broken connections to the collector, which warns about them.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
