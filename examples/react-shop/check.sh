#!/usr/bin/env bash
# Checks the shop in a headless Chromium against a server of its own, if there are a Chromium and React.
set -euo pipefail
source "$(dirname "$0")/../bed/bed.sh"
cd "$(dirname "$0")"
has_browser && [ -e "${REACT_MODULES:-/usr/share/nodejs}/react/umd/react.production.min.js" ] \
    || not_checked "No chromium, python3 or node-react here: the shop was not checked."

start_server 0 --plugins ../plugins.minimal.json
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-RED","name":"Red <b>"},{"id":12,"sku":"TEE-BLUE","name":"Blue"}]}'
send POST /api/products '{"id":2,"name":"Mug","price":9.5,"sku":"MUG"}'
stock 11 4

start web python3 -u serve.py 0
eventually "the page is served" grep -q http "$work/web.log"
open_page "$(head -n 1 "$work/web.log")?server=$url"
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

stop_server
shows 'document.querySelector("header .away") !== null'
shows "$(card 0 .tallywire-stale-note) !== null"
start_server "${url##*:}" --plugins ../plugins.minimal.json
shows 'document.querySelector("header .live") !== null'
stock 12 9
shows "$(card 1 .tallywire-stock).textContent === '9 in stock' && $(card 0 .tallywire-stale-note) === null"
echo "The shop shows changes as they happen, says when they may be old, and goes on after the server was away."
