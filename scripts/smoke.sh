#!/usr/bin/env bash
# Does what the README tells a new user to do, with ports of its own, and checks that what should be seen is seen.
set -euo pipefail
cd "$(dirname "$0")/.."
. examples/bed/bed.sh

# A port that nobody listens on.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
broker=mqtt://127.0.0.1:$port
start run make -s run ARGS="--port 0 --ready-file $work/ready.json --data $work/data --set sources.mqtt-scanners.broker=$broker \
    --set sinks.shelf-displays.broker=$broker --set sinks.json-log.path=$work/data/events.jsonl"
run=$started
for _ in $(seq 3000); do
    grep -q '^Try, in another terminal' "$work/run.log" && break
    kill -0 "$run" 2>/dev/null || fail "make run ended by itself"
    sleep 0.2
done
url=$(grep -m1 -oE 'http://127\.0\.0\.1:[0-9]+' "$work/run.log")
[ -n "$url" ] || fail "no address was printed"
grep -q 'created' "$work/run.log" || fail "the sample catalogue was not loaded"
for page in / /admin /shop /displays /scan; do
    grep -qi '<!doctype html>' <<< "$(curl -fsS "$url$page")" || fail "there is no page at $page"
done

echo "A scan reaches everybody with one seq"
start mqtt mosquitto_sub -V 5 -h 127.0.0.1 -p "$port" -q 1 -v -t 'scanners/+/ack' -t 'displays/WH1/TEE-RED-M' -t events/inventory_updated -R
start admin "$tallywire" tail --json --room admin_room --server "$url"
start shop "$tallywire" tail --json --room ecommerce_room --server "$url"
connections() { grep -qE "^tallywire_websocket_connections\{[^}]*\} 2(\.0)?\$" <<< "$(curl -fsS "$url/metrics")"; }
eventually "both rooms have their listener" connections
mosquitto_pub -V 5 -h 127.0.0.1 -p "$port" -q 1 -t scanners/dock-1/scan -m 4006381333931
eventually "the scanner gets its answer" grep -q '^scanners/dock-1/ack .*"status":"applied"' "$work/mqtt.log"
seq=$(grep -m1 '^scanners/dock-1/ack' "$work/mqtt.log" | sed -E 's/.*"seq":([0-9]+).*/\1/')
eventually "the display shows it" grep -q "^displays/WH1/TEE-RED-M .*\"seq\":$seq\b" "$work/mqtt.log"
eventually "the topic has it" grep -q "^events/inventory_updated .*\"seq\":$seq\b" "$work/mqtt.log"
eventually "the admin room has it" grep -q "\"seq\":$seq\b" "$work/admin.log"
eventually "the shop room has it" grep -q "\"seq\":$seq\b" "$work/shop.log"
eventually "the log has it" grep -q "\"seq\":$seq\b" "$work/data/events.jsonl"
[ "$(grep -c "\"seq\":$seq\b" "$work/data/events.jsonl")" = 1 ] || fail "the log has it more than once"

echo "The admin's side does the same, and alerts go to the admin room alone"
curl -fsS -X PATCH "$url/api/variants/11/inventory" -H 'Content-Type: application/json' \
    -d '{"operation":"set","quantity":0,"reason":"count","location":"STORE-7"}' > /dev/null
curl -fsS -X PATCH "$url/api/variants/11/inventory" -H 'Content-Type: application/json' \
    -d '{"operation":"set","quantity":12,"reason":"count"}' > /dev/null
answer=$(curl -fsS -X PATCH "$url/api/variants/11/inventory" -H 'Content-Type: application/json' \
    -d '{"operation":"subtract","quantity":5,"reason":"sale"}')
grep -q '"stock":7' <<< "$answer" || fail "the subtraction was not answered"
curl -fsS -X PATCH "$url/api/variants/11/inventory" -H 'Content-Type: application/json' \
    -d '{"operation":"subtract","quantity":7,"reason":"sale"}' > /dev/null
eventually "the admin room is told that stock is low" grep -q '"stockLevel":"low"' "$work/admin.log"
eventually "the admin room is told that stock is out" grep -q '"stockLevel":"out"' "$work/admin.log"
curl -fsS -X PATCH "$url/api/products/1/status" -H 'Content-Type: application/json' -d '{"status":"inactive"}' > /dev/null
curl -fsS -X PATCH "$url/api/products/1" -H 'Content-Type: application/json' -d '{"price":21.5}' > /dev/null
eventually "both rooms see the status" grep -q '"type":"product_status_changed"' "$work/shop.log"
eventually "both rooms see the price" grep -q '"previousPrice":19.99' "$work/shop.log"
grep -q stock_alert "$work/shop.log" && fail "the shop's room got an alert"

echo "It ends in order, and the journal agrees with itself"
kill -TERM "$(sed -E 's/.*"pid":([0-9]+).*/\1/' "$work/ready.json")"
wait "$run" || fail "make run ended with an error"
grep -q '^Stopped at event' "$work/run.log" || fail "no account was printed"
"$tallywire" audit --data "$work/data"
