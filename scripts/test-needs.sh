#!/bin/sh
# Installs with apt-get what the tests need and this machine lacks. Without root it says what is missing.
set -eu
needed=""
need() { command -v "$1" >/dev/null || { needed="$needed $2"; echo "Tests need $2: $3"; }; }
need dpkg-deb dpkg "to unpack the Godot engine"
need git git "to tell the commit of a build"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || need initdb postgresql "to test the record on a server of their own"
[ -e /usr/include/zlib.h ] || {
	needed="$needed zlib1g-dev"; echo "Tests need zlib1g-dev: to build the launcher of the single-file server"; }
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || {
	needed="$needed debian-archive-keyring"; echo "Tests need debian-archive-keyring: to trust the Godot engine"; }
[ -z "$needed" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get -qq update
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y install --no-install-recommends $needed >/dev/null
else
	echo "Install as root: apt install$needed" >&2
fi
