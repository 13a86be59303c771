#!/usr/bin/env bash
# DocC pages of the public libraries, in .build/docs: scripts/docs.sh
# A link that leads nowhere is an error. The libraries are made together, so that links between them work.
set -euo pipefail
cd "$(dirname "$0")/.."
output=$PWD/.build/docs
rm -rf "$output"
swift package --allow-writing-to-directory "$PWD/.build" generate-documentation --enable-experimental-combined-documentation \
    --target GS1 --target TallywireCore --target TallywireEngine --target TallywireConfiguration --target TallywirePipeline \
    --target PipelineHost --target TallywireClient \
    --warnings-as-errors --transform-for-static-hosting --output-path "$output"
cat <<SHOW

The pages are in .build/docs. To read them:
  python3 -m http.server 8000 --bind 127.0.0.1 --directory .build/docs
  http://127.0.0.1:8000/documentation/
SHOW
