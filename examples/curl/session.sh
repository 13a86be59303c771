#!/usr/bin/env bash
# A session with the HTTP API, from an empty shelf to a sold-out one:
#
#   examples/curl/session.sh http://127.0.0.1:8080
#
# Each call is printed as you would type it, with its answer, and is checked: the first answer that is not the expected one ends the
# session with 1. The product is taken out of the catalogue at the end, so the session can be run again. Needs curl and nothing else.
set -euo pipefail
server=${1:?"usage: $0 URL, such as http://127.0.0.1:8080"}
# Ids of movements are for ever, or at least for a day: a second session needs others.
session=session-$(date +%s)-$$
json='Content-Type: application/json'
answer=

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

# api STATUS[|STATUS] METHOD PATH [curl's options…]: makes a call and keeps its answer, which must have the status.
api() {
    local expected=$1 method=$2 path=$3 status option shown="curl"
    local url=$server$path
    shift 3
    [ "$method" = GET ] || shown+=" -X $method"
    for option in "$@"; do
        case $option in
            -*) shown+=" $option" ;;
            *) shown+=" '$option'" ;;
        esac
    done
    echo
    case $url in *[?\&]*) shown+=" '$url'" ;; *) shown+=" $url" ;; esac
    echo "\$ $shown"
    answer=$(curl -sS --max-time 20 -w '\n%{http_code}' -X "$method" "$@" "$url")
    status=${answer##*$'\n'}
    answer=${answer%$'\n'*}
    echo "$status  $answer"
    [[ "|$expected|" == *"|$status|"* ]] || fail "$method $path answered $status instead of $expected"
}

# has TEXT…: the last answer holds each of these.
has() {
    local text
    for text in "$@"; do [[ $answer == *"$text"* ]] || fail "the answer has no $text"; done
}

# number KEY: the first number under this key in the last answer.
number() {
    local found
    found=$(grep -oE "\"$1\":[0-9]+" <<< "$answer" | sed -n 1p) || fail "the answer has no number \"$1\""
    echo "${found#*:}"
}

step() { printf '\n# %s\n' "$*"; }

step "Is anybody there?"
api 200 GET /health/ready
has '"status":"ready"'

step "Two places where stock lies. They stay, so a second session finds them taken."
api '201|409' POST /api/locations -H "$json" -d '{"code":"CURL-SHOP","name":"Shop"}'
api '201|409' POST /api/locations -H "$json" -d '{"code":"CURL-STORE","name":"Store room"}'
api 200 GET '/api/locations?limit=1000'
has '"code":"CURL-SHOP"' '"code":"CURL-STORE"'

step "A product with two variants. The red one comes in single pieces and in cases of 12, each with a barcode of its own."
api 201 POST /api/products -H "$json" -d '{
    "name": "Mug", "price": 7.50, "variants": [
      { "sku": "MUG-RED", "name": "Red", "barcodes": ["2099999000014", { "code": "12099999000011", "units": 12 }] },
      { "sku": "MUG-BLUE", "name": "Blue", "barcodes": ["2099999000021"], "lowStockThreshold": 2 } ] }'
has '"units":12' '"price":7.50' '"level":"out"'
product=$(number id)
api 200 GET "/api/products/$product"
variants=$(grep -oE '\{"id":[0-9]+,"productId"' <<< "$answer" | grep -oE '[0-9]+')
red=$(head -1 <<< "$variants")
blue=$(tail -1 <<< "$variants")
head=$(curl -fsS "$server/health/ready" | grep -oE '"seq":[0-9]+' | grep -oE '[0-9]+')

step "What was counted. “set” says how many there are, “reason” says why it is changed."
api 200 PATCH "/api/variants/$red/inventory" -H "$json" \
    -d '{"operation":"set","quantity":0,"reason":"count","location":"CURL-SHOP"}'
has '"status":"applied"' '"locationStock":0'

step "Two scans of the case: a barcode stands for its units."
api 200 POST /api/movements -H "$json" -d '{"reason":"received","reference":"DN 4711",
    "lines":[{"barcode":"12099999000011","location":"CURL-STORE","operation":"add","quantity":2}]}'
has '"quantity":24' '"stock":24' '"previousStock":0'

step "All lines of a movement, or none: a delivery of both colours."
api 200 POST /api/movements -H "$json" -d '{"reason":"received","lines":[
    {"sku":"MUG-RED","location":"CURL-SHOP","operation":"add","quantity":6},
    {"sku":"MUG-BLUE","location":"CURL-SHOP","operation":"add","quantity":5}]}'
has '"stock":30' '"stock":5'

step "The same with a line that cannot be: the answer says which and how many there are, and nothing is applied."
api 409 POST /api/movements -H "$json" -d '{"reason":"sale","lines":[
    {"sku":"MUG-RED","location":"CURL-SHOP","operation":"subtract","quantity":1},
    {"sku":"MUG-BLUE","location":"CURL-SHOP","operation":"subtract","quantity":6}]}'
has '"code":"insufficient_stock"' '"field":"lines[1]' '"available":5'
api 200 GET "/api/variants/$red"
has '"stock":30'

step "From the store room to the shop: the sum stays, the places change."
api 200 POST /api/movements -H "$json" -d '{"reason":"transfer","lines":[
    {"sku":"MUG-RED","location":"CURL-STORE","to":"CURL-SHOP","operation":"transfer","quantity":10}]}'
has '"locationStock":14' '"locationStock":16' '"stock":30'

step "A sale with an id. Nobody saw the answer, so it is sent again: the first answer comes once more, and nothing is sold twice."
sale="{\"id\":\"$session-sale\",\"reason\":\"sale\",\"lines\":[{\"variantId\":$red,\"location\":\"CURL-SHOP\",\"operation\":\"subtract\",\"quantity\":1}]}"
api 200 POST /api/movements -H "$json" -d "$sale"
has '"status":"applied"' '"stock":29'
first=$(number seq)
api 200 POST /api/movements -H "$json" -d "$sale"
has '"status":"duplicate"' '"stock":29' "\"seq\":$first"
api 200 GET "/api/movements/$session-sale"
has "\"movementId\":\"$session-sale\""

step "The header does the same; and an id that was used for something else is refused."
api 200 PATCH "/api/variants/$red/inventory" -H "Idempotency-Key: $session-return" -H "$json" \
    -d '{"operation":"add","quantity":1,"reason":"return","location":"CURL-SHOP"}'
has '"stock":30'
api 422 PATCH "/api/variants/$red/inventory" -H "Idempotency-Key: $session-return" -H "$json" \
    -d '{"operation":"add","quantity":2,"reason":"return","location":"CURL-SHOP"}'
has '"code":"idempotency_conflict"'

step "Only if there are still as many as I think: “expected” is the stock at that place before the line."
api 409 PATCH "/api/variants/$red/inventory" -H "$json" \
    -d '{"operation":"subtract","quantity":1,"location":"CURL-SHOP","expected":99}'
has '"code":"stale_expectation"' '"available":16'

step "A batch: each movement stands for itself and has its own result."
api 200 POST /api/movements -H "$json" -d "[
    {\"id\":\"$session-b1\",\"lines\":[{\"sku\":\"MUG-BLUE\",\"location\":\"CURL-SHOP\",\"operation\":\"subtract\",\"quantity\":1}]},
    {\"id\":\"$session-b2\",\"lines\":[{\"sku\":\"MUG-GREEN\",\"location\":\"CURL-SHOP\",\"operation\":\"subtract\",\"quantity\":1}]}]"
has '"results":[{"movementId"' '"stock":4' '"code":"unknown_variant"'

step "The same as NDJSON, for as many as you like: a line in, a line out. A line that cannot be read is told with its number."
api 200 POST /api/movements -H 'Content-Type: application/x-ndjson' --data-binary \
"{\"id\":\"$session-n1\",\"lines\":[{\"sku\":\"MUG-BLUE\",\"location\":\"CURL-SHOP\",\"operation\":\"subtract\",\"quantity\":1}]}
{\"id\":
{\"id\":\"$session-n3\",\"lines\":[{\"sku\":\"MUG-BLUE\",\"location\":\"CURL-SHOP\",\"operation\":\"subtract\",\"quantity\":1}]}"
has '"stock":3' '"line":2' '"stock":2'
[ "$(grep -c . <<< "$answer")" -eq 3 ] || fail "three lines got another number of answers"

step "Two are left of the blue one, which is its threshold: it is on the list of alerts."
api 200 GET '/api/alerts?limit=1000'
has "\"variantId\":$blue" '"sku":"MUG-BLUE"' '"stockLevel":"low"'

step "What lies where."
api 200 GET '/api/stock?sku=MUG-RED'
has '"location":"CURL-SHOP","onHand":16' '"location":"CURL-STORE","onHand":14'

step "A new price, and a product that is not sold any more. Both are events like every change of stock."
api 200 PATCH "/api/products/$product" -H "$json" -d '{"price":6.95}'
has '"price":6.95'
api 200 PATCH "/api/products/$product/status" -H "$json" -d '{"status":"inactive"}'
has '"status":"inactive"'

step "All that happened, in order; “type” picks one kind. Follow it by asking again with “after” set to “last”."
api 200 GET "/api/events?after=$head&type=product_status_changed"
has '"previousStatus":"active"' '"status":"inactive"'
api 200 GET "/api/events?after=$head&type=inventory_updated&limit=1000"
has '"previousPrice":7.50' "$session-sale" '"operation":"transfer"'
api 200 GET "/api/events?after=$head&type=stock_alert"
has '"stockLevel":"low"' '"sku":"MUG-BLUE"'

step "The same as a stream that goes on with what comes, from a position on; curl is cut off here after a second."
position=$(curl -sS "$server/health/ready" | sed -E 's/.*"epoch":"([^"]*)".*/\1/'):$head
echo
echo "\$ curl -N '$server/api/events/stream?since=$position&type=product_status_changed'"
answer=$(curl -sS -N --max-time 1 "$server/api/events/stream?since=$position&type=product_status_changed" 2>/dev/null || true)
echo "$answer"
has "id: $position" "event: product_status_changed" '"status":"inactive"'

step "What the server says about a request that makes no sense."
api 400 POST /api/movements -H "$json" -d '{"lines":[{"sku":"MUG-RED","operation":"subtract","quantity":0}]}'
has '"code":"invalid_request"' '"field":"lines[0].quantity"'
api 404 GET /api/products/999999999
has '"code":"unknown_product"'

step "Who got all that: every sink with its position and its counters."
api 200 GET /api/pipeline
has '"sinks":[' '"engine":{"inbox":'
api 200 GET /metrics -o /dev/null

step "What is still there cannot be removed; what is gone can."
api 409 DELETE "/api/products/$product"
has '"code":"in_stock"'
api 200 POST /api/movements -H "$json" -d '{"reason":"correction","lines":[
    {"sku":"MUG-RED","location":"CURL-SHOP","operation":"set","quantity":0},
    {"sku":"MUG-RED","location":"CURL-STORE","operation":"set","quantity":0},
    {"sku":"MUG-BLUE","location":"CURL-SHOP","operation":"set","quantity":0}]}'
has '"level":"out"'
api 200 DELETE "/api/products/$product"

echo
echo "All answers were as expected."
