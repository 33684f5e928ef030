#!/bin/bash
# What `helm test` runs, in a pod of its own under the rules of the others (no root, nothing to write to but /tmp).
#   POD_IP               where agents find the target of this pod
#   WSFLEET_COORDINATOR  set with WSFLEET_CA and WSFLEET_TOKEN_FILE: the fleet is tested too
#   SELF_TEST_FROM       the agents that run the suite, as region terms; empty: none
set -euo pipefail
suite=$(dirname "$0")/self-echo.wsfleet.yaml
# A demo's key is no secret; it is the one that the target takes without being told.
export JWT_KEY=wsfleet-demo-key-not-for-production

step() { printf '\n== %s\n' "$1"; }

exec 3< <(exec wsfleet-demo-target --listen "${POD_IP:?expected the address of this pod}:0")
target=$!
trap 'kill "$target"' EXIT
# It says where it listens as soon as it does.
read -r line <&3 || { echo "self-test: wsfleet-demo-target did not start" >&2; exit 1; }
host=$POD_IP
[[ $host != *:* ]] || host="[$host]" # IPv6
url=ws://$host:${line##*:}

step "a fleet of this pod alone: three agents, a coordinator, $url"
wsfleet run "$suite" --local --var target="$url" --secret JWT_KEY

if [ -z "${WSFLEET_COORDINATOR:-}" ]; then
  echo "self-test: tests.existingSecret is not set: the coordinator was not asked"
  exit 0
fi
step "$WSFLEET_COORDINATOR"
wsfleet doctor
if [ -z "${SELF_TEST_FROM:-}" ]; then
  echo "self-test: no agents in this release, and tests.from is not set: no agent was asked"
  exit 0
fi
step "agents of the fleet: $SELF_TEST_FROM"
wsfleet run "$suite" --from "$SELF_TEST_FROM" --var target="$url" --secret JWT_KEY
