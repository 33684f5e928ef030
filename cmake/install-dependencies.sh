#!/usr/bin/env bash
# Installs what building and testing needs on Debian 12, as root or by sudo. Does nothing if all of it is there.
#
#   cmake/install-dependencies.sh [build|test]     build: to build the programs · test (default): everything
set -euo pipefail

build=(
  ca-certificates cmake g++ git mold ninja-build pkg-config
  libabsl-dev                                   # status, time, strings, containers
  libboost1.81-dev libboost-json1.81-dev libboost-system1.81-dev  # Asio, Beast, JSON
  libc-ares-dev                                 # resolving with a deadline
  libcli11-dev                                  # command lines
  libcurl4-openssl-dev                          # HTTP of the coordinator
  libgrpc++-dev libgrpc-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc
  libpq-dev                                     # PostgreSQL
  libre2-dev libspdlog-dev libfmt-dev libsqlite3-dev libssl-dev libyaml-cpp-dev
  libvalijson-dev                               # JSON Schema
  tzdata                                        # time zones
  prometheus-cpp-dev                            # metrics
  dpkg-dev file                                 # packages
  librapidcheck-dev libgtest-dev libgmock-dev   # found when configuring
)
test=(
  ccache
  clang-19 clang-format-19 clang-tidy-19 libclang-rt-19-dev llvm-19
  python3 python3-fastapi python3-jsonschema uvicorn python3-websockets python3-wsproto python3-yaml
  node-ws nginx-light openssl                   # servers of others under test
  json-schema-test-suite
  sqlite3 postgresql-15
  iproute2 nftables faketime util-linux         # networks, rules and clocks of tests
  systemd dbus groff-base lintian               # packages under test
)

# Another Node.js than Debian's brings its own npm along, and excludes Debian's.
command -v npm >/dev/null || test+=(npm)

what=${1:-test}
packages=("${build[@]}")
[ "$what" = build ] || packages+=("${test[@]}")

install() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "install-dependencies: run as root, or install sudo: $* are missing" >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "installing $# packages: $*" >&2
  # libboost-dev (1.74) and the 1.81 packages exclude each other; apt removes it where it is there.
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >&2
}

missing=()
for package in "${packages[@]}"; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] || install "${missing[@]}"
[ "$what" = build ] || "$(dirname "$(readlink -f "$0")")/install-npm-tools.sh"
