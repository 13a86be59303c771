#!/usr/bin/env bash
# Checks what scripts/package.sh has made: as packages, as rules, installed in Debian 12 and 13, as an image, and made again.
# Needs root, for the chroots.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-dependencies.sh packages
step() { echo; echo "== $1"; }

step "lintian"
packaging/check/lint
step "alert rules and dashboard"
packaging/check/rules
for suite in bookworm trixie; do
    step "installed in $suite"
    packaging/check/installed "$suite"
done
step "image"
packaging/check/image
step "made again"
packaging/check/again "$@"
