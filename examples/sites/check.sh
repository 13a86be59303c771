#!/usr/bin/env bash
# Runs two sites and the head office of examples/plugins.head-office.json, and looks at the stock there: examples/sites/check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
source examples/bed/bed.sh

# site NAME: a server of its own, at `url`, whose process id is in `started`.
site() {
    start "$1" "$tallywire" serve --plugins examples/plugins.minimal.json --data "$work/$1" --port "${2:-0}" --ready-file "$work/$1.json"
    eventually "$1 starts" test -e "$work/$1.json"
    url=$(sed -E 's/.*"url":"([^"]*)".*/\1/' "$work/$1.json")
}

# holds SKU LOCATION QUANTITY: whether the head office has so much.
holds() { curl -fsS "$office/api/stock?sku=$1&location=$2" | grep -q "\"stock\":$3[,}]"; }

site berlin
export BERLIN=$url
berlin=$started
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-RED-M","name":"Red / M"}]}'
stock 11 42
site hamburg
export HAMBURG=$url
send POST /api/products '{"id":7,"name":"Tee","variants":[{"id":71,"sku":"TEE-RED-M","name":"Red / M"}]}'
stock 71 8

PORT=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export PORT
"$tallywire" check --connect --plugins examples/plugins.head-office.json --set journal.path="$work/data/tallywire.db" > "$work/check.log" 2>&1 \
    || fail "tallywire check --connect"
start_server 0 --plugins examples/plugins.head-office.json
office=$url
eventually "the stock of Berlin is there" holds TEE-RED-M berlin:MAIN 42
eventually "the stock of Hamburg is there" holds TEE-RED-M hamburg:MAIN 8
curl -fsS "$office/api/products" | grep -q '"totalProductStock":50' || fail "the head office does not add up"

# A site that was away brings what happened meanwhile.
{ kill -KILL "$berlin" && wait "$berlin"; } 2> /dev/null || true
url=$HAMBURG
stock 71 9
eventually "Hamburg goes on" holds TEE-RED-M hamburg:MAIN 9
rm "$work/berlin.json"
site berlin "${BERLIN##*:}"
stock 11 40
eventually "Berlin is there again" holds TEE-RED-M berlin:MAIN 40
echo "The head office has the stock of both sites, also after one of them was away."
