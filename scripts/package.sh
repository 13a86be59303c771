#!/usr/bin/env bash
# Makes the Debian packages and the OCI image, in .build/package/out. Options are those of `swift build`.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-dependencies.sh packages
packaging/make-program "$@"
packaging/make-manual
packaging/make-deb
packaging/make-image
(cd .build/package/out && sha256sum -- *.deb *.oci.tar | tee SHA256SUMS)
