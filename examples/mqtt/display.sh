#!/usr/bin/env bash
# A shelf display in the terminal: shows what the topic of one item at one place says, from the first moment, since it is retained.
#
#   examples/mqtt/display.sh LOCATION SKU [UPDATES]
#
# It goes on until it is stopped, or ends after so many updates. On a terminal it draws over itself; else each update is a line. The
# broker is that of MQTT_HOST and MQTT_PORT, 127.0.0.1:1883 if they are not set. Needs mosquitto_sub, of Debian's mosquitto-clients.
set -euo pipefail
location=${1:?"usage: $0 LOCATION SKU [UPDATES]"}
sku=${2:?"usage: $0 LOCATION SKU [UPDATES]"}
updates=${3:-}

# The value of a key in the flat JSON object of a display.
value() {
    grep -oE "\"$1\":(\"([^\"\\\\]|\\\\.)*\"|[^,}]*)" <<< "$json" | sed -E 's/^"[^"]*"://; s/^"(.*)"$/\1/; s/\\(["\\\/])/\1/g; s/^null$/-/'
}

draw() {
    local json=$1 text
    if [ -z "$json" ]; then
        text="$sku is not sold at $location any more"
    else
        text="$(value name)   $(value price)   $(value stock) here, $(value total) in all   $(value level)   (event $(value seq))"
    fi
    if [ -t 1 ]; then printf '\r\033[2K%s' "$text"; else echo "$text"; fi
}

mosquitto_sub -V 5 -h "${MQTT_HOST:-127.0.0.1}" -p "${MQTT_PORT:-1883}" -q 1 ${updates:+-C "$updates"} \
    -t "displays/$location/$sku" | while IFS= read -r json; do draw "$json"; done
