#!/usr/bin/env bash
# Runs a cluster on this machine: three etcd, three nodes with examples/cluster/plugins.json, and a mosquitto, all on 127.0.0.1. Loads the
# sample catalogue into a cluster that is new, and prints what to kill. What was there before goes on: everything is in DATA.
#
# Environment: DATA (data/cluster), TALLYWIRE (.build/release/tallywire), and FIRST, the first of the ten ports that are used (18080).
set -euo pipefail
cd "$(dirname "$0")/.."
PATH="$PATH:/usr/sbin:$PWD/.build/proxies/usr/bin"
tallywire=${TALLYWIRE:-.build/release/tallywire}
data=${DATA:-data/cluster}
first=${FIRST:-18080}
pids=()

finish() {
    trap - EXIT INT TERM
    # Nodes first: they end in order while etcd and the broker are there. What does not end in a while is killed.
    for kind in node other; do
        local ended=()
        for entry in ${pids[@]+"${pids[@]}"}; do
            [ "${entry%%:*}" = "$kind" ] || continue
            kill -TERM "${entry#*:}" 2>/dev/null && ended+=("${entry#*:}") || true
        done
        for _ in $(seq 150); do
            kill -0 ${ended[@]+"${ended[@]}"} 2>/dev/null || break
            sleep 0.1
        done
        for pid in ${ended[@]+"${ended[@]}"}; do kill -KILL "$pid" 2>/dev/null || true; done
    done
}
trap finish EXIT
trap 'finish; exit 0' INT TERM
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
fail() { echo "$*" >&2; exit 1; }

names=(a b c)
port() { echo $((first + 1 + $1)); }
client() { echo $((first + 4 + 2 * $1)); }
broker=$first
[ -x "$tallywire" ] || fail "there is no $tallywire: run “make build” first"
for number in "$broker" $(for i in 0 1 2; do port $i; client $i; echo $(($(client $i) + 1)); done); do
    ! listens "$number" || fail "port $number is in use: choose others with FIRST"
done
mkdir -p "$data"
[ -s "$data/secret" ] || (umask 077; head -c 32 /dev/urandom | base64 -w0 > "$data/secret")

# etcd
members=
for i in 0 1 2; do members+="${members:+,}${names[i]}=http://127.0.0.1:$(($(client $i) + 1))"; done
for i in 0 1 2; do
    url=http://127.0.0.1:$(client $i)
    peer=http://127.0.0.1:$(($(client $i) + 1))
    etcd --name "${names[i]}" --data-dir "$data/etcd-${names[i]}" --listen-client-urls "$url" --advertise-client-urls "$url" \
        --listen-peer-urls "$peer" --initial-advertise-peer-urls "$peer" --initial-cluster "$members" \
        --auto-compaction-mode periodic --auto-compaction-retention 10m --quota-backend-bytes 2147483648 \
        >> "$data/etcd-${names[i]}.log" 2>&1 &
    pids+=("other:$!")
    etcd_pids[i]=$!
    export "ETCD_$((i + 1))=$url"
done

# The broker
mkdir -p "$data/mosquitto"
cat > "$data/mosquitto.conf" <<CONF
listener $broker 127.0.0.1
allow_anonymous true
set_tcp_nodelay true
persistence true
persistence_location $(cd "$data/mosquitto" && pwd)/
autosave_interval 60
max_queued_messages 100000
CONF
[ "$(id -u)" -ne 0 ] || echo "user root" >> "$data/mosquitto.conf"
mosquitto -c "$data/mosquitto.conf" >> "$data/mosquitto.log" 2>&1 &
pids+=("other:$!")
export BROKER=mqtt://127.0.0.1:$broker CLUSTER_SECRET
CLUSTER_SECRET=$(cat "$data/secret")

# The nodes
for _ in $(seq 200); do listens "$(client 0)" && listens "$(client 1)" && listens "$broker" && break; sleep 0.05; done
start_node() {
    local name=${names[$1]}
    export NODE=$name PORT
    PORT=$(port "$1")
    mkdir -p "$data/$name"
    rm -f "$data/$name/ready.json"
    "$tallywire" serve --plugins examples/cluster/plugins.json --data "$data/$name" --ready-file "$data/$name/ready.json" \
        --set "sinks.json-log.path=$data/$name/events.jsonl" >> "$data/$name.log" 2>&1 &
    node_pids[$1]=$!
    pids+=("node:$!")
    for _ in $(seq 400); do
        [ -e "$data/$name/ready.json" ] && return
        kill -0 "${node_pids[$1]}" 2>/dev/null || fail "node $name ended: see $data/$name.log"
        sleep 0.05
    done
    fail "node $name did not become ready: see $data/$name.log"
}
if [ ! -e "$data/a/tallywire.db" ]; then
    NODE=a PORT=$(port 0) "$tallywire" cluster init --plugins examples/cluster/plugins.json --data "$data/a"
fi
for i in 0 1 2; do start_node $i; done

url=http://127.0.0.1:$(port 0)
"$tallywire" import examples/catalogue.csv --only-if-empty --server "$url"
cat <<TRY

Three nodes serve the same: $(for i in 0 1 2; do echo -n "${names[i]} http://127.0.0.1:$(port $i)/ (process ${node_pids[i]})  "; done)
etcd: $(for i in 0 1 2; do echo -n "${names[i]} $(client $i) (process ${etcd_pids[i]})  "; done)

Try, in another terminal:
  curl $url/api/cluster
  mosquitto_sub -V 5 -h 127.0.0.1 -p $broker -v -t 'scanners/+/ack' -t 'displays/#'
  mosquitto_pub -V 5 -h 127.0.0.1 -p $broker -q 1 -t scanners/dock-1/scan -m 4006381333931
  $tallywire tail --room admin_room --server $url
and then kill -9 the node that leads, or freeze it with kill -STOP, or kill its etcd too. Logs are in $data. Ctrl-C ends everything.
TRY
# A process that is killed is what this is for: the others go on until Ctrl-C.
while [ -n "$(jobs -rp)" ]; do wait -n || true; done
