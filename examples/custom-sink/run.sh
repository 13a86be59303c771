#!/usr/bin/env bash
# Builds the server with the sink of this package, runs it in a temporary folder, changes the stock of something, and checks that the
# change comes out of the sink. The build is kept in .build-examples at the root of the repository.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
server=

finish() {
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    rm -rf "$work"
}
trap finish EXIT
fail() {
    echo "FAILED: $1" >&2
    cat "$work/out" "$work/err" >&2
    exit 1
}
eventually() {
    local what=$1
    shift
    for _ in $(seq 300); do "$@" >/dev/null 2>&1 && return 0; sleep 0.1; done
    fail "$what"
}

# The article shows this code, and no other.
article=../../Sources/TallywirePipeline/TallywirePipeline.docc/WritingASink.md
sed -n '/^```swift$/,/^```$/p' "$article" | grep -vE '^(```.*)?$' > "$work/shown"
while IFS= read -r line; do
    grep -qxF -- "$line" Package.swift Sources/custom-sink/Main.swift || { echo "FAILED: the article has a line of its own: $line" >&2; exit 1; }
done < "$work/shown"

swift build --scratch-path ../../.build-examples > "$work/build" 2>&1 || { cat "$work/build" >&2; exit 1; }
binary=$(swift build --scratch-path ../../.build-examples --show-bin-path)/custom-sink

"$binary" plugins stdout | head -2
"$binary" check --plugins plugins.json
"$binary" serve --plugins plugins.json --data "$work/data" --port 0 --ready-file "$work/ready.json" > "$work/out" 2> "$work/err" &
server=$!
eventually "the server starts" test -e "$work/ready.json"
url=$(sed -E 's/.*"url":"([^"]*)".*/\1/' "$work/ready.json")

send() { curl -fsS --max-time 20 -X "$1" "$url$2" -H 'Content-Type: application/json' -d "$3" > /dev/null || fail "$1 $2 was refused"; }
send POST /api/products '{"id":1,"name":"Tee","price":19.99,"variants":[{"id":11,"sku":"TEE-RED-M","name":"Red / M"}]}'
send PATCH /api/variants/11/inventory '{"operation":"set","quantity":3,"reason":"count"}'
eventually "the change comes out" grep -q '^event: {"type":"inventory_updated".*"sku":"TEE-RED-M"' "$work/out"
eventually "the alert comes out" grep -q '^event: {"type":"stock_alert".*"stockLevel":"low"' "$work/out"
grep -q catalogue_changed "$work/out" && fail "an event came out that plugins.json does not ask for"
grep '^event: ' "$work/out"

kill -TERM "$server"
wait "$server" || fail "the server ended with an error"
server=
tail -3 "$work/out"
