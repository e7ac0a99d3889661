#!/bin/sh
# Makes .venv with the given Python if there is none. On Debian as root it installs what is missing for
# that: python3-venv (without it there is no pip), and gcc with python3-dev (without them the core
# runs uncompiled).
set -eu
python=$1
[ -x .venv/bin/pip ] && exit 0

root_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }
install() {
	echo "Installing with apt-get: $* ($why)"
	apt-get -qq -o Acquire::Retries=3 update
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Acquire::Retries=3 install --no-install-recommends "$@" >/dev/null
}

if ! command -v "$python" >/dev/null; then
	why="Tremble is written in Python"
	{ root_apt && install python3 python3-venv python3-dev; } || {
		echo "Tremble needs Python 3.11 or later; '$python' was not found" >&2; exit 2; }
fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
	echo "Tremble needs Python 3.11 or later; $("$python" --version) is too old" >&2; exit 2; }
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
	why="to make a virtual environment"
	{ root_apt && install python3-venv; } || {
		echo "Python's venv module is missing; on Debian: apt install python3-venv" >&2; exit 2; }
fi
header=$("$python" -c 'import sysconfig; print(sysconfig.get_paths()["include"] + "/Python.h")')
if ! command -v "${CC:-cc}" >/dev/null || [ ! -e "$header" ]; then
	why="to compile the core; without it Tremble runs about 4 times slower"
	root_apt && install gcc libc6-dev python3-dev || echo "No C compiler or no $header: not compiling"
fi
rm -rf .venv
"$python" -m venv .venv
