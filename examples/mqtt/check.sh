#!/usr/bin/env bash
# Checks scanner and display against a running server with the sample catalogue and the repository's plugins.json:
#
#   MQTT_PORT=PORT examples/mqtt/check.sh PID
#
# PID is the server's process, which is stopped for a moment to see a scanner repeat itself.
set -euo pipefail
cd "$(dirname "$0")"
server=${1:?"usage: $0 PID"}
work=$(mktemp -d)
scanner=

finish() {
    kill -CONT "$server" 2>/dev/null || true
    [ -z "$scanner" ] || { kill "$scanner" 2>/dev/null || true; wait "$scanner" 2>/dev/null || true; }
    rm -rf "$work"
}
trap finish EXIT
fail() {
    echo "FAILED: $1" >&2
    tail -n 20 "$work"/* >&2
    exit 1
}
# The display gets its update a moment after the scanner has its answer.
displays() {
    for _ in $(seq 100); do
        timeout 10 ./display.sh WH1 TEE-RED-M 1 > "$work/display" 2>&1 || true
        grep -qF "$1" "$work/display" && return 0
        sleep 0.1
    done
    fail "the display never showed: $1"
}
stock() { grep -oE '"stock":[0-9]+' "$1" | tail -1 | grep -oE '[0-9]+'; }

./scanner.sh dock-1 4006381333931 > "$work/first" || fail "a scan at a dock was not applied"
grep -q '"status":"applied".*"sku":"TEE-RED-M"' "$work/first" || fail "the answer to a scan is another one"
total=$(stock "$work/first")
displays "$total in all"
grep -qF "Red / M   19.99" "$work/display" || fail "the display shows another name or price"

# As a keyboard wedge types it. A case of 12 is received, and one piece is sold at the till.
printf '14006381333938\r\n' | ./scanner.sh dock-1 > "$work/case" || fail "the scan of a case was not applied"
[ "$(stock "$work/case")" -eq $((total + 12)) ] || fail "a case is not 12"
printf '4006381333931\n' | ./scanner.sh till-1 > "$work/sale" || fail "the scan at the till was not applied"
[ "$(stock "$work/sale")" -eq $((total + 11)) ] || fail "a scan at the till does not take one away"

if ./scanner.sh till-1 4711 > "$work/unknown"; then fail "an unknown code was not refused"; fi
grep -q '"status":"rejected".*"code":"unknown_variant"' "$work/unknown" || fail "the refusal of an unknown code is another one"

# While the server hangs, the scanner says the same again and again. It counts once.
kill -STOP "$server"
SCANNER_WAIT=1 ./scanner.sh dock-1 4006381333931 > "$work/repeated" 2> "$work/tries" &
scanner=$!
for _ in $(seq 300); do
    [ "$(wc -l < "$work/tries")" -ge 2 ] && break
    sleep 0.1
done
kill -CONT "$server"
wait "$scanner" || fail "the scan that was repeated was not applied"
scanner=
[ "$(wc -l < "$work/tries")" -ge 2 ] || fail "the scanner did not repeat itself"
[ "$(stock "$work/repeated")" -eq $((total + 12)) ] || fail "the scan that was repeated counted more than once"
displays "$((total + 12)) in all"
echo "Scans count once however often they are sent, and the display shows what is there."
