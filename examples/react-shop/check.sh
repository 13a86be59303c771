#!/usr/bin/env bash
# Checks the shop in a headless Chromium against a server of its own, if there are a Chromium and React. Everything it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")"
tallywire=${TALLYWIRE:-../../.build/release/tallywire}
modules=${REACT_MODULES:-/usr/share/nodejs}
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$chromium" ] || ! command -v python3 > /dev/null || [ ! -e "$modules/react/umd/react.production.min.js" ]; then
    echo "No chromium, python3 or node-react here: the shop was not checked."
    exit 0
fi
work=$(mktemp -d)
server= web= browser=

finish() {
    local pid
    for pid in $browser $web $server; do
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    rm -rf "$work"
}
trap finish EXIT
fail() {
    echo "FAILED: $1" >&2
    tail -n 20 "$work"/*.log >&2
    exit 1
}
eventually() {
    local what=$1
    shift
    for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
    fail "$what"
}
start_server() {
    rm -f "$work/ready.json"
    "$tallywire" serve --plugins ../plugins.minimal.json --data "$work/data" --port "$1" --ready-file "$work/ready.json" \
        >> "$work/server.log" 2>&1 &
    server=$!
    eventually "the server starts" test -e "$work/ready.json"
    url=$(sed -E 's/.*"url":"([^"]*)".*/\1/' "$work/ready.json")
}
send() { curl -fsS --max-time 20 -X "$1" "$url$2" -H 'Content-Type: application/json' -d "$3" > /dev/null || fail "$1 $2 was refused"; }
stock() { send PATCH "/api/variants/$1/inventory" "{\"operation\":\"set\",\"quantity\":$2}"; }

start_server 0
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-RED","name":"Red <b>"},{"id":12,"sku":"TEE-BLUE","name":"Blue"}]}'
send POST /api/products '{"id":2,"name":"Mug","price":9.5,"sku":"MUG"}'
stock 11 4

python3 -u serve.py 0 > "$work/web.log" 2>&1 &
web=$!
eventually "the page is served" grep -q http "$work/web.log"
mkfifo "$work/conditions" "$work/answers"
TMPDIR=$work python3 ../websocket-page/check.py "$chromium" "$(head -n 1 "$work/web.log")?server=$url" < "$work/conditions" > "$work/answers" 2>&1 &
browser=$!
exec 3> "$work/conditions" 4< "$work/answers"
shows() {
    local answer=
    echo "$1" >&3
    read -r -t 150 answer <&4 || true
    [ "$answer" = ok ] || fail "in the browser: $answer $(timeout 1 cat <&4 || true)"
}
card() { echo "document.querySelectorAll('.tallywire-card')[$1].querySelector('$2')"; }

shows 'document.querySelector("header [role=status]").textContent === "live"'
shows 'document.querySelectorAll(".tallywire-card").length === 3'
shows "$(card 0 .tallywire-title).textContent === 'Red <b>' && $(card 0 .tallywire-stock).textContent === '4 in stock'"
shows "$(card 0 .tallywire-mark) === null && $(card 2 button).disabled && $(card 2 button).textContent === 'Out of stock'"
stock 11 3
shows "$(card 0 .tallywire-stock).textContent === '3 in stock' && $(card 0 .tallywire-mark) !== null"
shows "document.querySelector('.tallywire-notification span').textContent === 'Red <b>: 3 in stock'"
shows "($(card 0 button).click(), document.querySelector('.cart').textContent === '1 in the cart')"
send PATCH /api/products/2/status '{"status":"inactive"}'
shows "$(card 2 .tallywire-stock).textContent === 'Not available'"
shows "document.querySelector('.tallywire-notification') === null"

kill -TERM "$server"
wait "$server" || fail "the server ended with an error"
shows 'document.querySelector("header .away") !== null'
shows "$(card 0 .tallywire-stale-note) !== null"
start_server "${url##*:}"
shows 'document.querySelector("header .live") !== null'
stock 12 9
shows "$(card 1 .tallywire-stock).textContent === '9 in stock' && $(card 0 .tallywire-stale-note) === null"
echo "The shop shows changes as they happen, says when they may be old, and goes on after the server was away."
