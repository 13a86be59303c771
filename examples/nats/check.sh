#!/usr/bin/env bash
# Checks the consumer against a NATS server and a server of its own: examples/nats/check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
source examples/bed/bed.sh
PATH="$PATH:/usr/sbin:$PWD/.build/proxies/usr/sbin"
command -v nats-server > /dev/null || not_checked "There is no nats-server here: scripts/install-dependencies.sh tests"

# The client comes from PyPI, into a folder next to the build.
python=.build/nats-example/bin/python
[ -x "$python" ] || { python3 -m venv .build/nats-example && "$python" -m pip install --quiet --disable-pip-version-check nats-py==2.16.0; }

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
export NATS_URL=nats://127.0.0.1:$port
printf 'listen: 127.0.0.1:%s\njetstream { store_dir: "%s" }\n' "$port" "$work/jetstream" > "$work/nats.conf"
start_nats() {
    start nats nats-server -c "$work/nats.conf"
    nats=$started
    eventually "the NATS server listens" bash -c "exec 3<>/dev/tcp/127.0.0.1/$port"
}
start_nats

cat > "$work/plugins.json" <<JSON
{ "sinks": [ { "plugin": "nats", "servers": "$NATS_URL", "stream": "STOCK", "subject": "stock.{location}.{sku}", "retry": { "max": "1s" } } ] }
JSON
if "$tallywire" check --connect --plugins "$work/plugins.json" 2> "$work/check.log"; then fail "check --connect found a stream where none is"; fi
grep -q "nats stream add STOCK" "$work/check.log" || fail "check --connect does not say how the stream is made"
"$python" examples/nats/stream.py STOCK "stock.>" || fail "the stream cannot be made"
"$tallywire" check --connect --plugins "$work/plugins.json" > "$work/check.log" || fail "check --connect does not like the stream"

start_server 0 --plugins "$work/plugins.json"
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE.RED","name":"Red / M"}]}'
stock 11 42
start consumer "$python" examples/nats/consumer.py STOCK
eventually "the consumer has the stock" grep -q "stock.MAIN.TEE%2ERED TEE.RED MAIN 42" "$work/consumer.log"

# Both servers are killed, and changes come while NATS is away: they arrive in order, each once.
kill -KILL "$nats"
stock 11 41
{ kill -KILL "$server" && wait "$server"; } 2> /dev/null || true
children=("$started")
start_server 0 --plugins "$work/plugins.json"
stock 11 40
start_nats
eventually "the consumer has what it missed" grep -q "TEE.RED MAIN 40" "$work/consumer.log"
grep -q "TEE.RED MAIN 41" "$work/consumer.log" || fail "a change is missing"
grep -E '^[0-9]' "$work/consumer.log" > "$work/seqs.log"
sort -c -n -u "$work/seqs.log" || fail "the events did not arrive in order, each once"
echo "Each event is in the stream once and in order, also what happened while the NATS server was away."
