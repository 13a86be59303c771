#!/usr/bin/env bash
# Builds the server with the sink of this package, runs it in a temporary folder, changes the stock of something, and checks that the
# change comes out of the sink. It is built where the server's tests are, so that little is left to build.
set -euo pipefail
cd "$(dirname "$0")"
source ../bed/bed.sh

# The article shows this code, and no other.
article=../../Sources/TallywirePipeline/TallywirePipeline.docc/WritingASink.md
sed -n '/^```swift$/,/^```$/p' "$article" | grep -vE '^(```.*)?$' > "$work/shown"
while IFS= read -r line; do
    grep -qxF -- "$line" Package.swift Sources/custom-sink/Main.swift || fail "the article has a line of its own: $line"
done < "$work/shown"

swift build --scratch-path ../../.build > "$work/build.log" 2>&1 || fail "it does not build"
tallywire=$(swift build --scratch-path ../../.build --show-bin-path)/custom-sink

"$tallywire" plugins stdout | sed -n 1,2p
"$tallywire" check --plugins plugins.json
start_server 0 --plugins plugins.json
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-RED-M","name":"Red / M"}]}'
stock 11 3
eventually "the change comes out" grep -q '^event: {"type":"inventory_updated".*"sku":"TEE-RED-M"' "$work/server.log"
eventually "the alert comes out" grep -q '^event: {"type":"stock_alert".*"stockLevel":"low"' "$work/server.log"
grep -q '^event: .*catalogue_changed' "$work/server.log" && fail "an event came out that plugins.json does not ask for"
grep '^event: ' "$work/server.log"

stop_server
grep -A 2 '^Stopped at event' "$work/server.log"
