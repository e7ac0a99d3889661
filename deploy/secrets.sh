#!/bin/sh
# Makes the passwords of compose.yaml in deploy/secrets, those that are not there yet; tells none.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
# The files must be readable for the users of the containers; the directory keeps others out.
chmod 700 secrets
umask 022
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
# Whole or not at all, so that an interrupted run leaves no empty password behind.
put() { cat > "secrets/.$1" && mv "secrets/.$1" "secrets/$1"; }
for name in grafana_password metrics_token; do
	[ -s "secrets/$name" ] || random | put "$name"
done
if [ ! -s secrets/postgres_password ] || [ ! -s secrets/store_url ]; then
	password=$(random)
	printf '%s' "$password" | put postgres_password
	printf 'postgresql://tremble:%s@postgres:5432/tremble\n' "$password" | put store_url
fi
if [ ! -s secrets/redis_conf ] || [ ! -s secrets/redis_url ]; then
	password=$(random)
	printf 'requirepass %s\n' "$password" | put redis_conf
	printf 'redis://:%s@redis:6379/0\n' "$password" | put redis_url
fi
echo "deploy/secrets: grafana_password metrics_token postgres_password redis_conf redis_url store_url"
