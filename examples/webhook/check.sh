#!/usr/bin/env bash
# Checks the receiver against a server of its own: examples/webhook/check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
source examples/bed/bed.sh

# The official verifier comes from PyPI, into a folder next to the build.
python=.build/webhook-example/bin/python
[ -x "$python" ] || { python3 -m venv .build/webhook-example && "$python" -m pip install --quiet --disable-pip-version-check standardwebhooks==1.1.0; }

WEBHOOK_SECRET="whsec_$(openssl rand -base64 32)"
export WEBHOOK_SECRET
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
cat > "$work/plugins.json" <<JSON
{ "sinks": [ { "plugin": "webhook", "name": "erp", "url": "http://127.0.0.1:$port/hooks/stock", "secret": "\${WEBHOOK_SECRET}", "allowPrivate": true } ] }
JSON
if "$tallywire" check --connect --plugins "$work/plugins.json" 2> "$work/check.log"; then fail "check --connect found a receiver where none is"; fi
grep -q "127.0.0.1:$port cannot be reached: Connection refused" "$work/check.log" || fail "check --connect does not say what is wrong"

start receiver "$python" examples/webhook/receiver.py "$port"
receiver=$started
start_server 0 --plugins "$work/plugins.json"
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-RED-M","name":"Red / M"}]}'
stock 11 42
eventually "the receiver gets the change" grep -q "inventory_updated TEE-RED-M 42" "$work/receiver.log"

# Away and back: what happened meanwhile comes, in order.
kill "$receiver" && wait "$receiver" || true
stock 11 41
stock 11 40
start receiver "$python" examples/webhook/receiver.py "$port"
eventually "the receiver gets what it missed" grep -q "inventory_updated TEE-RED-M 40" "$work/receiver.log"
sort -c -n -u "$work/receiver.log" || fail "the events did not arrive in order, each once"
curl -fsS "$url/api/pipeline/erp/deliveries" | grep -q '"status":204' || fail "the delivery log does not show the deliveries"
if grep -qF "$WEBHOOK_SECRET" "$work"/*.log; then fail "the secret is in a log"; fi
echo "Each event arrived signed, once and in order, also what happened while the receiver was away."
