#!/usr/bin/env bash
# Checks the page against a server of its own: which pages may open a WebSocket, and, if there is a Chromium, that the page shows
# changes as they happen and goes on by itself after the server was away.
set -euo pipefail
source "$(dirname "$0")/../bed/bed.sh"
cd "$(dirname "$0")"

start_server 0 --plugins ../plugins.minimal.json
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

has_browser || not_checked "No chromium or no python3 here: the handshake was checked, the page in a browser was not."
start web python3 -u -m http.server 0 --bind 127.0.0.1 --directory .
eventually "the page is served" grep -q 'port [0-9]' "$work/web.log"
open_page "http://127.0.0.1:$(grep -oE 'port [0-9]+' "$work/web.log" | grep -oE '[0-9]+')/?server=$url"

shows 'document.getElementById("state").textContent === "live"'
# The item has not moved yet: it is in the values of the beginning.
shows 'document.querySelector("#stock tr.out").cells[3].textContent === "0"'
stock 11 41
shows 'document.querySelector("#stock tr").innerText === "TEE-<b>RED\tRed\t19.99\t41\tok"'
stock 11 10
shows 'document.querySelector("#stock tr.low").cells[3].textContent === "10"'
send PATCH /api/products/1/status '{"status":"inactive"}'
shows 'document.querySelector("#stock tr").classList.contains("inactive")'
send PATCH /api/products/1/status '{"status":"active"}'

stop_server
shows 'document.getElementById("state").textContent.startsWith("not connected")'
start_server "${url##*:}" --plugins ../plugins.minimal.json
shows 'document.getElementById("state").textContent === "live"'
stock 11 0
shows 'document.querySelector("#stock tr.out").cells[3].textContent === "0"'
echo "The page shows changes as they happen, and goes on after the server was away."
