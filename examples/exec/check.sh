#!/usr/bin/env bash
# Runs the programs of this folder beside a server of its own, with the sample catalogue, and looks at what they did: examples/exec/check.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
source examples/bed/bed.sh
for program in python3 jq; do command -v $program > /dev/null || not_checked "there is no $program"; done

cat > "$work/plugins.json" <<PLUGINS
{
  "defaultLocation": "WH1",
  "sources": [{ "plugin": "exec", "name": "till", "command": ["python3", "examples/exec/source.py", "$work/sold", "$work/receipts"] }],
  "sinks": [
    { "plugin": "exec", "name": "table", "command": ["python3", "examples/exec/sink.py", "$work/stock.db"] },
    { "plugin": "exec", "name": "alerts", "command": ["sh", "examples/exec/sink.sh", "$work/alerts"] },
    { "plugin": "exec", "name": "one-line", "command": ["jq", "--unbuffered", "-nc", "{tallywire: 1}, (inputs | {ack: .seq})"] },
    { "plugin": "exec", "name": "each", "mode": "each", "events": ["stock_alert"],
      "command": ["sh", "-c", "cat >> \$0", "$work/each"] }
  ]
}
PLUGINS
mkfifo "$work/sold"
"$tallywire" check --connect --plugins "$work/plugins.json" > "$work/check.log" || fail "tallywire check --connect"
start_server 0 --plugins "$work/plugins.json"
"$tallywire" import examples/catalogue.csv --server "$url" > "$work/import.log"

exec 4> "$work/sold"
for _ in $(seq 42); do echo 4006381333931 >&4; done
receipts() { [ "$(grep -c '"status":"applied"' "$work/receipts")" -eq "$1" ]; }
eventually "42 sales have their receipts" receipts 42

# What each sink has to have done once it has taken every event.
caught_up() { curl -fsS "$url/api/pipeline" | jq -e '.sinks | all(.pending == 0 and .dropped == 0 and .lastError == null)'; }
eventually "every program acknowledged everything" caught_up
query='import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT stock FROM stock WHERE sku = ?", (sys.argv[2],)).fetchone()[0])'
[ "$(python3 -c "$query" "$work/stock.db" TEE-RED-M)" = "$(curl -fsS "$url/api/stock?sku=TEE-RED-M" | jq '[.items[].stock] | add')" ] \
    || fail "the table of sink.py has another stock"
alerts=$(curl -fsS "$url/api/events?type=stock_alert&limit=1000" | jq '.items | length')
[ "$alerts" -gt 0 ] || fail "the sales raised no alert"
[ "$(wc -l < "$work/alerts")" -eq "$alerts" ] || fail "sink.sh wrote another number of alerts"
[ "$(wc -l < "$work/each")" -eq "$alerts" ] || fail "the program for each event got another number of alerts"
exec 4>&-
stop_server
echo "42 sales, $alerts alerts, four sinks"
