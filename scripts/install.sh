#!/bin/sh
# Installs Tremble into .venv, in place: what it depends on is fetched while its core compiles.
set -eu
pip() { .venv/bin/pip --quiet --disable-pip-version-check "$@"; }
.venv/bin/python scripts/extras.py | pip install --requirement /dev/stdin &
dependencies=$!
pip install --no-deps --editable . || { wait $dependencies || true; exit 1; }
wait $dependencies
