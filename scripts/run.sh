#!/usr/bin/env bash
# Runs the built server with plugins.json: starts a mosquitto of its own if a loopback broker is named and none listens there,
# loads the sample catalogue into an empty journal, and prints what to try. Options are those of `tallywire serve`.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin"
tallywire=.build/release/tallywire
work=$(mktemp -d)
brokers=()
server=

finish() {
    trap - EXIT INT TERM
    # The server first, so that it can still deliver to the broker.
    if [ -n "$server" ]; then
        kill -TERM "$server" 2>/dev/null || true
        wait "$server" 2>/dev/null || true
    fi
    for pid in ${brokers[@]+"${brokers[@]}"}; do kill "$pid" 2>/dev/null || true; done
    rm -rf "$work"
}
trap finish EXIT
trap 'finish; exit 0' INT TERM

listens() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# What `check` and `serve` have in common, out of the options of `serve`.
data=data
ready=$work/ready.json
shared=()
options=("$@")
for ((i = 0; i < ${#options[@]}; i++)); do
    case "${options[i]}" in
        --plugins | --set) shared+=("${options[i]}" "${options[i + 1]:-}") ;;
        --plugins=* | --set=*) shared+=("${options[i]}") ;;
        --data) data=${options[i + 1]:-data} ;;
        --data=*) data=${options[i]#--data=} ;;
        --ready-file) ready=${options[i + 1]:-$ready} ;;
        --ready-file=*) ready=${options[i]#--ready-file=} ;;
    esac
done

first_broker=
for broker in $("$tallywire" check --brokers ${shared[@]+"${shared[@]}"}); do
    address=${broker#*://}
    host=${address%:*}
    port=${address##*:}
    first_broker=${first_broker:-"$host $port"}
    case "$host" in 127.* | localhost) ;; *) continue ;; esac
    listens "$host" "$port" && continue
    mkdir -p "$data/mosquitto"
    cat > "$work/mosquitto-$port.conf" <<CONF
listener $port $host
allow_anonymous true
set_tcp_nodelay true
persistence true
persistence_location $(cd "$data/mosquitto" && pwd)/
persistence_file mosquitto-$port.db
autosave_interval 60
max_queued_messages 100000
CONF
    # Mosquitto gives up root for a user that may not write here, unless it is told which user to be.
    [ "$(id -u)" -ne 0 ] || echo "user root" >> "$work/mosquitto-$port.conf"
    mosquitto -c "$work/mosquitto-$port.conf" > "$data/mosquitto/mosquitto-$port.log" 2>&1 &
    brokers+=($!)
    for _ in $(seq 100); do listens "$host" "$port" && break; sleep 0.05; done
    listens "$host" "$port" || { echo "mosquitto did not start: see $data/mosquitto/mosquitto-$port.log" >&2; exit 1; }
    echo "Started a mosquitto on $host:$port (log: $data/mosquitto/mosquitto-$port.log)."
done

rm -f "$ready"
"$tallywire" serve --ready-file "$ready" "$@" &
server=$!
until [ -e "$ready" ]; do
    kill -0 "$server" 2>/dev/null || { wait "$server"; exit $?; }
    sleep 0.05
done
url=$(sed -E 's/.*"url":"([^"]*)".*/\1/' "$ready")
"$tallywire" import examples/catalogue.csv --only-if-empty --server "$url"

set -- ${first_broker:-127.0.0.1 1883}
cat <<TRY

Try, in another terminal:
  mosquitto_sub -V 5 -h $1 -p $2 -v -t 'scanners/+/ack' -t 'displays/#' -t 'events/#'
  mosquitto_pub -V 5 -h $1 -p $2 -q 1 -t scanners/dock-1/scan -m 4006381333931
  .build/release/tallywire tail --room admin_room --server $url
and open $url/ in a browser: the admin page, the shop, the shelf displays, the scanner. Ctrl-C ends it.
TRY
wait "$server"
status=$?
server=
exit $status
