#!/usr/bin/env bash
# DocC pages of the public libraries, in .build/docs: scripts/docs.sh
set -euo pipefail
cd "$(dirname "$0")/.."
output=$PWD/.build/docs
rm -rf "$output"
mkdir -p "$output"
for library in TallywireCore TallywireEngine TallywirePipeline; do
    swift package --allow-writing-to-directory "$output" generate-documentation --target "$library" --warnings-as-errors \
        --transform-for-static-hosting --hosting-base-path "$library" --output-path "$output/$library"
done
cat <<SHOW

The pages are in .build/docs. To read them:
  python3 -m http.server 8000 --bind 127.0.0.1 --directory .build/docs
  http://127.0.0.1:8000/TallywirePipeline/documentation/tallywirepipeline/
SHOW
