#!/usr/bin/env bash
# Checks the tables against a database and a server of its own: examples/postgres/check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
source examples/bed/bed.sh
PATH="$PATH:/usr/lib/postgresql/15/bin"
command -v initdb > /dev/null || not_checked "There is no PostgreSQL here: apt-get install postgresql"

# PostgreSQL does not run as root.
as=()
mkdir "$work/postgres"
if [ "$(id -u)" -eq 0 ]; then
    chmod o+x "$work"
    chown postgres "$work/postgres"
    as=(setpriv --reuid postgres --regid postgres --clear-groups)
fi
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd / && ${as[@]+"${as[@]}"} initdb -D "$work/postgres/data" -U shop -A trust --no-sync > "$work/initdb.log")
start postgres env -C / ${as[@]+"${as[@]}"} postgres -D "$work/postgres/data" -p "$port" -c listen_addresses=127.0.0.1 -k "$work/postgres"
eventually "the database accepts connections" pg_isready -q -h 127.0.0.1 -p "$port"
export PGOPTIONS="-c client_min_messages=warning"
database=postgresql://shop@127.0.0.1:$port/postgres
ask() { psql -X -A -t -q -v ON_ERROR_STOP=1 -d "$database" "$@"; }

cat > "$work/plugins.json" <<JSON
{ "sinks": [ { "plugin": "postgres", "connection": "$database" } ] }
JSON
if "$tallywire" check --connect --plugins "$work/plugins.json" 2> "$work/check.log"; then fail "check --connect found tables where none are"; fi
grep -q -- "tallywire plugins postgres --ddl" "$work/check.log" || fail "check --connect does not say how the tables are made"
"$tallywire" plugins postgres --ddl | ask
"$tallywire" check --connect --plugins "$work/plugins.json" > "$work/check.log" || fail "check --connect does not like the tables"

start_server 0 --plugins "$work/plugins.json"
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-RED-M","name":"Red / M"}]}'
stock 11 42
written() { [ "$(ask -c "SELECT stock FROM tallywire_stock WHERE sku = 'TEE-RED-M'")" = "$1" ]; }
eventually "the stock is in the table" written 42
ask -f examples/postgres/orders.sql > "$work/orders.log"
printf 'MUG|1|0|order more\nTEE-RED-M|40|42|deliver\n' | diff - "$work/orders.log" > "$work/diff.log" || fail "the order is judged in another way"

# The server is killed, and a change comes right after its return: nothing is missing and nothing is there twice.
{ kill -KILL "$server" && wait "$server"; } 2> /dev/null || true
children=("${children[@]:1}")
start_server 0 --plugins "$work/plugins.json"
stock 11 41
eventually "the stock is in the table" written 41
[ "$(ask -c 'SELECT count(*) = max(seq) AND count(*) = count(DISTINCT seq) FROM tallywire_events')" = t ] || fail "an event is missing or there twice"
echo "Each event is in the table once, and the stock can be joined with an order."
