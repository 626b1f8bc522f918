"""The checks of the house that no linter has: each takes a source tree and returns what is wrong in it.

They are functions over a folder, so that a test can plant a violation in a copy and see it found.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "interlock"
LONGEST_FILE, LONGEST_FUNCTION, LONGEST_TEMPLATE = 500, 50, 150
ROOMS = ["fabric", "listen", "converse", "reconnect", "consult", "launch", "rework", "reward"]
OWN_BUSINESS = {"views", "forms", "charts", "tasks"}
DRAWERS = {"utils", "helpers", "common", "managers", "base", "util", "misc"}
WRITES = {
    "save",
    "delete",
    "create",
    "bulk_create",
    "bulk_update",
    "update",
    "get_or_create",
    "update_or_create",
}


def python_files(source: Path) -> list[Path]:
    return [path for path in sorted(source.rglob("*.py")) if "migrations" not in path.parts]


def too_long(source: Path) -> list[str]:
    """Files past 500 lines, functions past 50, templates and page scripts past 150."""
    faults = []
    for path in python_files(source):
        text = path.read_text()
        if (lines := text.count("\n")) > LONGEST_FILE:
            faults.append(f"{path}: {lines} lines; split it by noun")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or 0) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    faults.append(f"{path}: {node.name} has {length} lines")
    pages = [*source.rglob("templates/**/*.html"), *source.glob("web/assets/**/*.js")]
    for path in pages:
        if (lines := path.read_text().count("\n")) > LONGEST_TEMPLATE:
            faults.append(f"{path}: {lines} lines")
    return faults


def drawers(source: Path) -> list[str]:
    """Modules named after no noun. Django looks for a database's engine in a module `base`."""
    engine = source / "config" / "sqlite" / "base.py"
    return [str(path) for path in python_files(source) if path.stem in DRAWERS and path != engine]


def foreign_business(source: Path) -> list[str]:
    """Imports of another room's views, forms, charts or tasks. Only config joins the rooms' addresses."""
    faults = []
    for path in python_files(source):
        room = path.relative_to(source).parts[0]
        for module in imported_modules(path):
            parts = module.split(".")
            if (
                len(parts) > 2
                and parts[0] == "interlock"
                and parts[1] != room
                and parts[1] in {*ROOMS, "web"}
                and parts[2] in OWN_BUSINESS
            ):
                faults.append(f"{path} imports {module}")
    return faults


# What all connectors build on; everything else in connectors/ that is a folder is one connector.
SHARED_BY_CONNECTORS = {"conformance", "guess", "mail", "making", "mapping", "outbound", "readers", "samples"}


def joined_connectors(source: Path) -> list[str]:
    """Connectors that import each other: each is a folder of its own that can be taken away."""
    folders = {
        path.name for path in (source / "connectors").iterdir() if path.is_dir()
    } - SHARED_BY_CONNECTORS
    faults = []
    for name in folders:
        for path in python_files(source / "connectors" / name):
            for module in imported_modules(path) | relative_modules(source, path):
                parts = module.split(".")
                if (
                    parts[:2] == ["interlock", "connectors"]
                    and len(parts) > 2
                    and parts[2] in folders - {name}
                ):
                    faults.append(f"{path} imports {module}")
    return faults


def relative_modules(source: Path, path: Path) -> set[str]:
    """Every module a file imports with leading dots, written out."""
    package = ["interlock", *path.relative_to(source).parts[:-1]]
    modules = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            named = [*base, *node.module.split(".")] if node.module else base
            modules |= {".".join(named), *(".".join([*named, alias.name]) for alias in node.names)}
    return modules


def imported_modules(path: Path) -> set[str]:
    """Every module a file imports, in both spellings."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return modules


def foreign_writes(source: Path) -> list[str]:
    """Writes to a room's tables from outside that room's services (or its intake).

    Looks for `Model.objects.create(...)`-like calls on models imported from another room, and for any such
    call in a room's own views, forms, queries or findings.
    """
    faults = []
    for path in python_files(source):
        room = path.relative_to(source).parts[0]
        tree = ast.parse(path.read_text())
        owners = {
            alias.asname or alias.name: node.module.split(".")[1]
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom)
            and node.module
            and re.fullmatch(r"interlock\.\w+\.models", node.module)
            for alias in node.names
        }
        for model, method, line in _writes(tree):
            owner = owners.get(model)
            reads_only = path.stem in {"views", "forms", "queries", "findings", "charts"}
            if owner and (owner != room or reads_only):
                faults.append(f"{path}:{line} writes {owner}'s {model} with .{method}()")
    return faults


def _writes(tree: ast.AST) -> list[tuple[str, str, int]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITES:
            root = node.func.value
            through_manager = False
            while isinstance(root, ast.Attribute | ast.Call):
                through_manager |= isinstance(root, ast.Attribute) and root.attr == "objects"
                root = root.func if isinstance(root, ast.Call) else root.value
            if isinstance(root, ast.Name) and through_manager:
                found.append((root.id, node.func.attr, node.lineno))
    return found


def upward_keys(models: list[tuple[str, str, str]], order: list[str]) -> list[str]:
    """Foreign keys (room, field, room pointed to) that point to a later room."""
    place = {name: number for number, name in enumerate(order)}
    return [
        f"{room}.{field} points up to {target}"
        for room, field, target in models
        if room in place and target in place and place[target] > place[room]
    ]


def inline_code(source: Path) -> list[str]:
    """Templates with inline script, style elements or event handlers, which the content policy refuses anyway."""
    pattern = re.compile(
        r"<script(?![^>]*\b(src|type=\"application/json\"))[^>]*>|<style|\son\w+=\"", re.IGNORECASE
    )
    return [
        f"{path}: {match.group(0)}"
        for path in source.rglob("templates/**/*.html")
        for match in pattern.finditer(path.read_text())
    ]


# Modules that reach other machines, and the files that may use them. Everything over HTTP goes through
# connectors/outbound, which checks addresses; files of other protocols check them with its `addresses`.
NETWORK = {
    "aiohttp",
    "feedparser",
    "ftplib",
    "http.client",
    "httpcore",
    "httpx",
    "imapclient",
    "imaplib",
    "poplib",
    "requests",
    "smtplib",
    "socket",
    "telnetlib",
    "urllib.request",
    "urllib3",
    "websockets",
    "xmlrpc.client",
}
MAY_REACH_OUT = {
    "cli/doctor.py": {"http.client", "socket", "urllib.request"},  # asks the own server, on this machine
    "cli/serving.py": {"http.client", "socket", "urllib.request"},  # the same
    "connectors/outbound/__init__.py": {"httpcore", "httpx"},
    "connectors/outbound/addresses.py": {"socket"},
    "connectors/outbound/sockets.py": {"httpcore"},
    "connectors/imap_mailbox/client.py": {"imapclient", "imaplib", "socket"},  # over connections of the next
    "connectors/imap_mailbox/connecting.py": {"socket"},  # to addresses checked by connectors/outbound
    "connectors/imap_mailbox/finding.py": {"imapclient"},
    "connectors/imap_mailbox/reading.py": {"imaplib"},
    "connectors/imap_mailbox/sending.py": {"smtplib", "socket"},
    "connectors/feed/document.py": {"feedparser"},  # is given bytes; given an address it would fetch
}


def outbound_http(source: Path) -> list[str]:
    """Modules that open connections to other machines outside the files made for it."""
    return [
        f"{path} imports {module}"
        for path in python_files(source)
        for module in imported_modules(path)
        for network in NETWORK - MAY_REACH_OUT.get(str(path.relative_to(source)), set())
        if module == network or module.startswith(f"{network}.")
    ]
