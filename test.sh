#!/usr/bin/env bash
# Installs what is needed, builds, and runs every test that needs no special hardware. From any directory, as often as
# you like.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

cmake/install-dependencies.sh test
cmake --preset release
cmake --build --preset release
ctest --preset release --parallel 2
