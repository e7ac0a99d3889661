#!/bin/sh
# Installs with apt-get what `make dist` needs and this machine lacks. Without root it says what is missing.
set -eu
needed=""
need() { needed="$needed $1"; echo "make dist needs $1: $2"; }
command -v cc >/dev/null || need gcc "to compile the core and the launcher"
[ -e /usr/include/zlib.h ] || need zlib1g-dev "the launcher unpacks with it"
for libc in /usr/lib/*/libc.a; do [ -e "$libc" ] || need libc6-dev "to link the launcher to nothing"; done
[ -z "$needed" ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
	apt-get -qq -o Acquire::Retries=3 update
	# shellcheck disable=SC2086
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Acquire::Retries=3 install --no-install-recommends $needed >/dev/null
else
	echo "Install as root: apt install$needed" >&2
	exit 1
fi
