#!/usr/bin/env bash
# Checks the page against a server of its own, with the official client in a Chromium: over a WebSocket and by polling, with a server
# that is killed meanwhile.
set -euo pipefail
source "$(dirname "$0")/../bed/bed.sh"
cd "$(dirname "$0")"

start_server 0 --plugins plugins.json
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-<b>RED","name":"Red"}]}'
[ "$(curl -s -o /dev/null -w '%{http_code}' -H 'Origin: https://shop.example.com' -H 'Connection: Upgrade' -H 'Upgrade: websocket' \
    -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' "$url/socket.io/?EIO=4&transport=websocket")" = 403 ] \
    || fail "a page of another host was not refused"

has_browser || not_checked "No chromium or no python3 here: the page in a browser was not checked."
mkdir "$work/page"
cp index.html page.js page.css "$work/page"
cp "$(../../scripts/socket-io-client)" "$work/page"
start web python3 -u -m http.server 0 --bind 127.0.0.1 --directory "$work/page"
eventually "the page is served" grep -q 'port [0-9]' "$work/web.log"
page="http://127.0.0.1:$(grep -oE 'port [0-9]+' "$work/web.log" | grep -oE '[0-9]+')/?server=$url"

open_page "$page"
shows 'document.getElementById("state").textContent === "connected" && document.body.dataset.transport === "websocket"'
stock 11 41
shows 'document.querySelector("#stock tr").innerText === "TEE-<b>RED\t19.99\t41\tactive"'
stock 11 10
shows 'document.querySelector("#alerts li").textContent.startsWith("Low stock")'
send PATCH /api/products/1/status '{"status":"inactive"}'
shows 'document.querySelector("#stock tr").cells[3].textContent === "inactive"'

# Killed, and started again: what happened meanwhile comes from the journal, also the alert of the room.
kill -KILL "$server"
{ wait "$server"; } 2> /dev/null || true
shows 'document.getElementById("state").textContent === "disconnected"'
start_server "${url##*:}" --plugins plugins.json
stock 11 0
shows 'document.getElementById("state").textContent === "recovered"'
shows 'document.querySelectorAll("#alerts li").length === 2'
shows 'document.querySelector("#stock tr").cells[2].textContent === "0"'
echo "The front end of a Socket.IO server shows changes as they happen, and is recovered after the server was killed."
