#!/usr/bin/env bash
# A barcode scanner: sends codes to the server over MQTT, each again and again until the server has answered that it is on disk.
#
#   examples/mqtt/scanner.sh DEVICE [CODE…]
#
# Without codes it reads them from standard input, one a line, which is how a scanner that acts as a keyboard types them. The broker is
# that of MQTT_HOST and MQTT_PORT, 127.0.0.1:1883 if they are not set. Each answer is printed as it came. It ends with 0 if all codes were
# applied, with 1 if one was refused, and with 2 if one was not answered in time. Needs mosquitto_rr, of Debian's mosquitto-clients.
set -euo pipefail
device=${1:?"usage: $0 DEVICE [CODE…]"}
shift
broker=(-V 5 -h "${MQTT_HOST:-127.0.0.1}" -p "${MQTT_PORT:-1883}")
# How long one try waits for its answer, and how many tries there are.
wait=${SCANNER_WAIT:-5}
tries=${SCANNER_TRIES:-12}
count=0
result=0

scan() {
    local code=$1 id answer try
    # The id is made once for each scan and kept for all its tries: that is what makes repeating harmless. A scanner that can lose
    # power writes it down, with the code, before it sends.
    count=$((count + 1))
    id=$device-$(date +%s%N)-$count
    code=${code//\\/\\\\}
    for ((try = 1; try <= tries; try++)); do
        # The answer comes to the response topic of the request (MQTT 5). A topic for each scan keeps late answers apart.
        if answer=$(mosquitto_rr "${broker[@]}" -q 1 -W "$wait" -t "scanners/$device/scan" -e "scanners/$device/answer/$id" \
            -m "{\"id\":\"$id\",\"barcode\":\"${code//\"/\\\"}\"}" 2> /dev/null) && [ -n "$answer" ]; then
            echo "$answer"
            [[ $answer == *'"status":"rejected"'* ]] && result=1
            return 0
        fi
        echo "$code: no answer, trying again" >&2
        # With no broker at all the try ends at once; without a pause it would be a busy loop.
        sleep 0.5
    done
    echo "$code: no answer after $tries tries; it may or may not have been applied" >&2
    exit 2
}

if [ $# -gt 0 ]; then
    for code in "$@"; do scan "$code"; done
else
    # Keyboard wedges end a line with CR, LF or both.
    while IFS= read -r code || [ -n "$code" ]; do
        code=${code%$'\r'}
        # The answer must not take the codes that wait on standard input.
        [ -z "$code" ] || scan "$code" < /dev/null
    done
fi
exit "$result"
