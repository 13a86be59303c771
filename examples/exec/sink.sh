#!/bin/sh
# An exec sink: the message of each alert, as a line of a file.
echo '{"tallywire":1}'
while read -r line; do
    seq=${line#*:} seq=${seq%%,*}
    case $line in *'"type":"stock_alert"'*) printf '%s\n' "$line" | jq -r .event.data.message >> "$1" ;; esac
    echo "{\"ack\":$seq}"
done
