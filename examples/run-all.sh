#!/usr/bin/env bash
# Runs every example, as CI does: examples/run-all.sh
#
# It starts a broker and the server on free ports with their data in a temporary folder, runs each example against them, and says in a
# line how it went; the first one that fails ends it with 1 and all that was printed. The server is .build/release/tallywire, or what
# TALLYWIRE names. Nothing is left behind but what custom-sink builds in .build.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin"
source examples/bed/bed.sh
[ -x "$tallywire" ] || fail "there is no $tallywire: run “make build” first, or set TALLYWIRE"
# Those that start servers of their own take the same program.
export TALLYWIRE=$tallywire
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# run NAME SECONDS COMMAND…: runs an example within so many seconds and says how it went, with its last line.
run() {
    local name=$1 limit=$2 begin=$SECONDS
    shift 2
    timeout --kill-after=30 "$limit" "$@" > "$work/example.log" 2>&1 < /dev/null \
        || fail "$name ended with $? after $((SECONDS - begin)) s"
    printf 'ok  %-24s %3d s  %s\n' "$name" $((SECONDS - begin)) "$(tail -n 1 "$work/example.log")"
}

MQTT_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export MQTT_PORT MQTT_HOST=127.0.0.1

# The configurations. Their variables have defaults; these are set as an operator would.
for file in plugins.json examples/plugins.*.json; do
    run "$(basename "$file")" 60 env NORTH_BROKER=mqtt://10.1.0.5:1883 SOUTH_BROKER=mqtt://10.2.0.5:1883 PORT=8081 \
        TALLYWIRE_DATA="$work/two-sites" "$tallywire" check --plugins "$file"
done

run documents 60 python3 examples/check-documents.py

printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$MQTT_PORT" > "$work/mosquitto.conf"
start mosquitto mosquitto -c "$work/mosquitto.conf"
eventually "mosquitto listens" listens "$MQTT_PORT"

address=mqtt://127.0.0.1:$MQTT_PORT
start_server 0 --set sources.mqtt-scanners.broker="$address" --set sinks.shelf-displays.broker="$address" \
    --set sinks.json-log.path="$work/data/events.jsonl"

run catalogue.csv 60 "$tallywire" import examples/catalogue.csv --only-if-empty --server "$url"
run curl 120 examples/curl/session.sh "$url"
run checkout 60 examples/checkout/checkout.py "$url"
run postgres 180 examples/postgres/check.sh
run nats 180 examples/nats/check.sh
run webhook 180 examples/webhook/check.sh
run mqtt 180 examples/mqtt/check.sh "$server"
run websocket-page 300 examples/websocket-page/check.sh
run socket-io-page 300 examples/socket-io-page/check.sh
run react-shop 300 examples/react-shop/check.sh

stop_server
run exec 120 examples/exec/check.sh
run sites 120 examples/sites/check.sh
run audit 60 "$tallywire" audit --data "$work/data"

# The longest one last: it builds a server of its own.
run custom-sink 2400 examples/custom-sink/run.sh
