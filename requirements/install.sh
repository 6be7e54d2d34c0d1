#!/bin/sh
# Copyright (c) 2026, the portal.users authors
# GNU General Public License v3.0 or later (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Makes .venv from python3 and installs one set of locked requirements into it, once: requirements/install.sh demo|test

set -eu
cd "$(dirname "$0")/.."
python=${PYTHON:-python3}
wanted=$1
here=$(pwd -P)
usable='import sys; sys.exit(sys.version_info < (3, 11))'

fail() {
    echo "portal.users: $*" >&2
    exit 1
}

runs() {
    .venv/bin/python -c "$usable" 2>/dev/null
}

state() {
    cat requirements/ee.lock requirements/demo.lock "requirements/$1.lock" | cksum
}

is() {
    [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

if is ".venv/.$wanted" "$(state "$wanted")" && { [ -L .venv ] || is .venv/.place "$here"; } && runs; then
    exit 0
fi

# What a link leads to belongs to somebody else: it is used as it is, and never cleared or changed.
[ ! -L .venv ] || fail ".venv is a link to $(readlink .venv), which has not what requirements/$wanted.lock lists; remove the link."

if ! runs || { [ -f .venv/.place ] && ! is .venv/.place "$here"; }; then
    command -v "$python" >/dev/null ||
        fail "Python 3.11 or newer is needed and there is no $python here (another one: make $wanted PYTHON=/path/to/python)."
    version=$("$python" -c 'import sys; print(".".join(map(str, sys.version_info[:3])))') ||
        fail "$python does not start (another one: make $wanted PYTHON=/path/to/python)."
    "$python" -c "$usable" ||
        fail "Python 3.11 or newer is needed, $python is $version (another one: make $wanted PYTHON=/path/to/python)."
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python cannot make virtual environments: install its venv package (Debian and Ubuntu: apt install python3-venv)."
    "$python" -m venv --clear .venv || fail "The virtual environment .venv could not be made with $python."
    echo "$here" >.venv/.place
fi

echo "Installing the tools of requirements/$wanted.lock into .venv (once) ..."
if ! .venv/bin/python -m pip install --disable-pip-version-check --no-input -r "requirements/$wanted.lock" >.venv/install.log 2>&1; then
    grep -v "^WARNING: Location" .venv/install.log | tail -n 15 >&2
    fail "pip could not install requirements/$wanted.lock; its last words are above, all of them in .venv/install.log."
fi
state demo >.venv/.demo
state "$wanted" >".venv/.$wanted"
