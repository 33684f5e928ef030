#!/usr/bin/env bash
# Installs what is needed, builds the programs, and runs the example suite from three regions of a local fleet against the demo
# target. Ends with the verdict as exit code. From any directory, as often as you like.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

cmake/install-dependencies.sh build
cmake --preset release -DWSFLEET_BUILD_TESTS=OFF -B build/quickstart
cmake --build build/quickstart --parallel "$(nproc)" --target wsfleet wsfleet-coordinator wsfleet-agent wsfleet-demo-target

work=$(mktemp -d)
target=
# shellcheck disable=SC2317
stop() { [ -z "$target" ] || kill "$target" 2>/dev/null || true; rm -rf "$work"; }
trap stop EXIT

build/quickstart/bin/wsfleet-demo-target --port-file "$work/port" >"$work/target.log" 2>&1 &
target=$!
for _ in $(seq 200); do [ -s "$work/port" ] && break; sleep 0.05; done

mkdir -p wsfleet-report
code=0
JWT_KEY=wsfleet-demo-key-not-for-production build/quickstart/bin/wsfleet run docs/examples/chat.wsfleet.yaml --local \
  --var "target=ws://127.0.0.1:$(cat "$work/port")" --secret JWT_KEY \
  --report md=wsfleet-report/worklog.md --report json=wsfleet-report/run.json || code=$?
echo "worklog: $PWD/wsfleet-report/worklog.md"
exit "$code"
