#!/bin/sh
# The one door to the project: ./do run, ./do test; ./do help lists the rest.
# Needs a POSIX shell and any Python 3 with pip; everything else is installed into this folder.
set -eu
cd "$(dirname "$0")"
ROOT=$(pwd)
UV_VERSION=0.13.9
# Copying works across file systems and inside containers, where hard links may not.
export UV_LINK_MODE="${UV_LINK_MODE:-copy}"
export PYTHONUTF8=1

say() { printf '%s\n' "$*" >&2; }
die() { say "do: $*"; exit 1; }

find_uv() {
    if command -v uv >/dev/null 2>&1 && [ "$(uv --version 2>/dev/null | cut -d' ' -f2)" = "$UV_VERSION" ]; then
        UV=$(command -v uv)
        return
    fi
    UV="$ROOT/.tools/bin/uv"
    if [ -x "$UV" ] && [ "$("$UV" --version | cut -d' ' -f2)" = "$UV_VERSION" ]; then return; fi
    for python in python3 python; do
        if "$python" -c 'import sys; sys.exit(sys.version_info[0] != 3)' 2>/dev/null; then
            say "Installing uv $UV_VERSION into .tools ..."
            "$python" -m venv "$ROOT/.tools" || die "Python cannot make a virtual environment. On Debian or Ubuntu: apt-get install python3-venv, then run this again."
            "$ROOT/.tools/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" || die "pip could not install uv $UV_VERSION. Check the network and run this again; nothing else was changed."
            return
        fi
    done
    die "no Python 3 found. Install any Python 3, then run this again."
}

stamp_of() { cat "$@" 2>/dev/null | cksum; }

# sync_python LOCK: bring .venv to exactly the hashed lock, and the project itself into it.
sync_python() {
    lock=$1
    stamp=$(stamp_of "$lock" pyproject.toml .python-version)
    if [ -x .venv/bin/python ] && [ "$(cat .venv/.stamp 2>/dev/null)" = "$lock $stamp" ]; then return; fi
    # An environment synced for the tests also serves ./do run: do not take packages away again.
    if [ "$lock" = locks/run.txt ] && [ "$(cat .venv/.stamp 2>/dev/null)" = "locks/test.txt $(stamp_of locks/test.txt pyproject.toml .python-version)" ]; then return; fi
    find_uv
    [ -x .venv/bin/python ] || "$UV" venv --quiet .venv
    say "Installing packages from $lock ..."
    "$UV" pip sync --quiet --python .venv/bin/python --require-hashes "$lock"
    "$UV" pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
    printf '%s' "$lock $stamp" > .venv/.stamp
}

find_node() {
    if command -v node >/dev/null 2>&1 && [ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ] 2>/dev/null && command -v npm >/dev/null 2>&1; then
        return
    fi
    find_uv
    if [ ! -x .tools/node/bin/node ]; then
        say "Installing Node into .tools/node ..."
        "$UV" venv --quiet --allow-existing .tools/node
        "$UV" pip sync --quiet --python .tools/node/bin/python --require-hashes locks/node.txt
    fi
    PATH="$ROOT/.tools/node/bin:$PATH"
    export PATH
}

# Assets are rebuilt when a source is newer than the last build.
sync_assets() {
    built=src/interlock/web/static/built
    if [ -f "$built/.stamp" ] && [ -z "$(find package.json package-lock.json src/interlock/web/assets src/interlock/*/templates -newer "$built/.stamp" -type f 2>/dev/null | head -n 1)" ]; then return; fi
    find_node
    if [ ! -f node_modules/.stamp ] || [ package-lock.json -nt node_modules/.stamp ]; then
        say "Installing page parts from package-lock.json ..."
        npm ci --silent --no-audit --no-fund
        touch node_modules/.stamp
    fi
    say "Building the page assets ..."
    .venv/bin/python src/interlock/web/assets/build.py
    touch "$built/.stamp"
}

sync_browser() {
    for name in "${INTERLOCK_CHROMIUM:-}" chromium chromium-headless-shell google-chrome; do
        if [ -n "$name" ] && command -v "$name" >/dev/null 2>&1; then return; fi
    done
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing headless Chromium for the browser tests ..."
        apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium-headless-shell fonts-dejavu-core >/dev/null && return
    fi
    .venv/bin/python -m playwright install chromium-headless-shell || die "no Chromium found for the browser tests. Install chromium, or set INTERLOCK_CHROMIUM to its path."
}

# Tests read a real mailbox where Dovecot is installed; without it they are skipped and say so.
sync_mail() {
    if command -v dovecot >/dev/null 2>&1 || [ -x /usr/sbin/dovecot ]; then return; fi
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        say "Installing Dovecot for the tests of mailboxes ..."
        { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends dovecot-imapd >/dev/null; } || say "Dovecot could not be installed; the tests of mailboxes will be skipped."
    fi
}

case "${1:-help}" in
    sync) sync_python locks/run.txt; sync_assets ;;
    run) sync_python locks/run.txt; sync_assets; shift; exec .venv/bin/python -m interlock serve "$@" ;;
    interlock) sync_python locks/run.txt; sync_assets; shift; exec .venv/bin/python -m interlock "$@" ;;
    test)
        shift
        sync_python locks/test.txt; sync_assets; sync_browser; sync_mail
        exec .venv/bin/python tests/run_all.py "$@" ;;
    slow) sync_python locks/test.txt; sync_assets; sync_mail; exec .venv/bin/python tests/run_all.py --slow ;;
    bench) shift; sync_python locks/test.txt; sync_assets; exec .venv/bin/python benchmarks/run_all.py "$@" ;;
    fuzz) shift; sync_python locks/test.txt; exec .venv/bin/python tests/fuzz/run_all.py "$@" ;;
    crash) shift; sync_python locks/test.txt; sync_assets; PYTHONPATH=tests exec .venv/bin/python -m crash "$@" ;;
    shell) sync_python locks/test.txt; sync_assets; shift; exec .venv/bin/python "$@" ;;
    wheel) sync_python locks/run.txt; sync_assets; find_uv; exec "$UV" build ;;
    lock)
        find_uv; find_node
        "$UV" lock --upgrade
        export_lock() { "$UV" export --quiet --format requirements-txt --no-emit-project --no-header "$@"; }
        export_lock --no-default-groups --group assets --group build -o locks/run.txt >/dev/null
        export_lock --no-default-groups --group assets --group build --group dev -o locks/test.txt >/dev/null
        export_lock --only-group node -o locks/node.txt >/dev/null
        npm install --package-lock-only --omit-lockfile-registry-resolved --no-audit --no-fund
        ! grep -n -E 'https?://' locks/*.txt || die "a lock names a download address" ;;
    clean) rm -rf .venv .tools node_modules src/interlock/web/static/built ;;
    *)
        cat <<'TXT'
./do run            install what is missing, build the pages, start Interlock
./do test           everything: lint, types, architecture, unit, PostgreSQL and browser tests
./do slow           the longest tests in their long forms, on both databases
./do interlock ...  the command line tool, for example: ./do interlock import exports/
./do bench [NAME]   print every figure, each beside a peer or a limit
./do fuzz [NAME]    throw hostile bytes at every parser, 20 s each
./do crash [...]    kill it, cut its power, count what is lost; --kills N --rounds N --database NAME --cuts N
./do sync           only install
./do wheel          build a wheel that runs without Node
./do lock           renew the locks (maintainers)
./do clean          remove everything that was installed here
TXT
        [ "${1:-help}" = help ] || exit 2 ;;
esac
