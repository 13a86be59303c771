#!/usr/bin/env bash
# Checks the page against a server of its own: which pages may open a WebSocket, and, if there is a Chromium, that the page shows
# changes as they happen and goes on by itself after the server was away. Everything it starts ends with it.
set -euo pipefail
cd "$(dirname "$0")"
tallywire=${TALLYWIRE:-../../.build/release/tallywire}
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
stock() { send PATCH /api/variants/11/inventory "{\"operation\":\"set\",\"quantity\":$1}"; }

start_server 0
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-<b>RED","name":"Red"}]}'

# The answer to a handshake that a page of this origin would make. After a 101 curl waits for more, which is not an error here.
handshake() {
    curl -s -o /dev/null -w '%{http_code}' --max-time 1 -H "Origin: $1" -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
        -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "$url/ws" || true
}
for origin in "$url" http://127.0.0.1:8000 http://localhost:3000; do
    [ "$(handshake "$origin")" = 101 ] || fail "a page of $origin was refused"
done
for origin in null https://shop.example.com; do
    [ "$(handshake "$origin")" = 403 ] || fail "a page of $origin was not refused"
done

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$chromium" ] || ! command -v python3 > /dev/null; then
    echo "No chromium or no python3 here: the handshake was checked, the page in a browser was not."
    exit 0
fi

python3 -u -m http.server 0 --bind 127.0.0.1 --directory . > "$work/web.log" 2>&1 &
web=$!
eventually "the page is served" grep -q 'port [0-9]' "$work/web.log"
page=http://127.0.0.1:$(grep -oE 'port [0-9]+' "$work/web.log" | grep -oE '[0-9]+')
mkfifo "$work/conditions" "$work/answers"
TMPDIR=$work python3 check.py "$chromium" "$page/?server=$url" < "$work/conditions" > "$work/answers" 2>&1 &
browser=$!
exec 3> "$work/conditions" 4< "$work/answers"
shows() {
    local answer=
    echo "$1" >&3
    read -r -t 150 answer <&4 || true
    [ "$answer" = ok ] || fail "in the browser: $answer $(timeout 1 cat <&4 || true)"
}

shows 'document.getElementById("state").textContent === "live"'
# The item has not moved yet: it is in the values of the beginning.
shows 'document.querySelector("#stock tr.out").cells[3].textContent === "0"'
stock 41
shows 'document.querySelector("#stock tr").innerText === "TEE-<b>RED\tRed\t19.99\t41\tok"'
stock 10
shows 'document.querySelector("#stock tr.low").cells[3].textContent === "10"'
send PATCH /api/products/1/status '{"status":"inactive"}'
shows 'document.querySelector("#stock tr").classList.contains("inactive")'
send PATCH /api/products/1/status '{"status":"active"}'

kill -TERM "$server"
wait "$server" || fail "the server ended with an error"
shows 'document.getElementById("state").textContent.startsWith("not connected")'
start_server "${url##*:}"
shows 'document.getElementById("state").textContent === "live"'
stock 0
shows 'document.querySelector("#stock tr.out").cells[3].textContent === "0"'
echo "The page shows changes as they happen, and goes on after the server was away."
