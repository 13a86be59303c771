#!/usr/bin/env bash
# Runs every example, as CI does: examples/run-all.sh
#
# It starts a broker and the server on free ports with their data in a temporary folder, runs each example against them, and says in a
# line how it went; the first one that fails ends it with 1 and all that was printed. The server is .build/release/tallywire, or what
# TALLYWIRE names. Nothing is left behind but .build-examples, where the package of custom-sink is built.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin"
TALLYWIRE=$(realpath "${TALLYWIRE:-.build/release/tallywire}")
export TALLYWIRE
[ -x "$TALLYWIRE" ] || { echo "There is no $TALLYWIRE: run “make build” first, or set TALLYWIRE." >&2; exit 1; }
work=$(mktemp -d)
server= broker=

finish() {
    local pid
    # The server first, so that it can still deliver to the broker.
    for pid in $server $broker; do
        kill -TERM "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
fail() {
    echo "FAILED: $1" >&2
    shift
    [ $# -eq 0 ] || tail -n 100 "$@" >&2
    exit 1
}
eventually() {
    local what=$1
    shift
    for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
    fail "$what" "$work"/*.log
}
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# run NAME SECONDS COMMAND…: runs an example within so many seconds and says how it went, with its last line.
run() {
    local name=$1 limit=$2 begin=$SECONDS
    shift 2
    timeout --kill-after=30 "$limit" "$@" > "$work/example.log" 2>&1 < /dev/null \
        || fail "$name ended with $? after $((SECONDS - begin)) s" "$work/example.log"
    printf 'ok  %-24s %3d s  %s\n' "$name" $((SECONDS - begin)) "$(tail -n 1 "$work/example.log")"
}

MQTT_PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export MQTT_PORT MQTT_HOST=127.0.0.1

# The configurations. Their variables have defaults; these are set as an operator would.
for file in plugins.json examples/plugins.*.json; do
    run "$(basename "$file")" 60 env NORTH_BROKER=mqtt://10.1.0.5:1883 SOUTH_BROKER=mqtt://10.2.0.5:1883 PORT=8081 \
        TALLYWIRE_DATA="$work/two-sites" "$TALLYWIRE" check --plugins "$file"
done

run documents 60 python3 examples/check-documents.py

printf 'listener %s 127.0.0.1\nallow_anonymous true\npersistence false\n' "$MQTT_PORT" > "$work/mosquitto.conf"
mosquitto -c "$work/mosquitto.conf" > "$work/mosquitto.log" 2>&1 &
broker=$!
eventually "mosquitto listens" listens "$MQTT_PORT"

address=mqtt://127.0.0.1:$MQTT_PORT
"$TALLYWIRE" serve --port 0 --data "$work/data" --ready-file "$work/ready.json" --set sources.mqtt-scanners.broker="$address" \
    --set sinks.shelf-displays.broker="$address" --set sinks.json-log.path="$work/data/events.jsonl" > "$work/server.log" 2>&1 &
server=$!
eventually "the server starts" test -e "$work/ready.json"
url=$(sed -E 's/.*"url":"([^"]*)".*/\1/' "$work/ready.json")

run catalogue.csv 60 "$TALLYWIRE" import examples/catalogue.csv --only-if-empty --server "$url"
run curl 120 examples/curl/session.sh "$url"
run mqtt 180 examples/mqtt/check.sh "$server"
run websocket-page 300 examples/websocket-page/check.sh
run react-shop 300 examples/react-shop/check.sh

kill -TERM "$server"
wait "$server" || fail "the server ended with an error" "$work/server.log"
server=
run audit 60 "$TALLYWIRE" audit --data "$work/data"

# The longest one last: it builds a server of its own.
run custom-sink 2400 examples/custom-sink/run.sh
