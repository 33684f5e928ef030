#!/usr/bin/env bash
# Installs what is needed, builds the programs, starts `wsfleet dev` (a fleet of three regions and a demo target, on this machine), runs the
# example suite on it, and stops everything. Ends with the verdict as exit code. From any directory, as often as you like.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")"

cmake/install-dependencies.sh build
cmake --preset release -DWSFLEET_BUILD_TESTS=OFF -B build/quickstart
cmake --build build/quickstart --parallel "$(nproc)" --target wsfleet wsfleet-coordinator wsfleet-agent wsfleet-demo-target

work=$(mktemp -d)
# Where `wsfleet dev` leaves its context; another one of this person is not disturbed.
export XDG_RUNTIME_DIR=$work
export PATH=$PWD/build/quickstart/bin:$PATH JWT_KEY=wsfleet-demo-key-not-for-production

exec 3< <(exec wsfleet dev 2>"$work/dev.log")
dev=$!
# shellcheck disable=SC2317
stop() {
  kill "$dev" 2>/dev/null || true
  cat <&3 >/dev/null || true # until it has stopped its children and ended
  rm -rf "$work"
}
trap stop EXIT

target=
while read -r line <&3; do
  if [[ $line =~ (target=ws://[^ ]+) ]]; then target=${BASH_REMATCH[1]}; fi
  if [[ $line == Ctrl-C* ]]; then break; fi
done
if [ -z "$target" ]; then
  echo "quickstart: wsfleet dev did not start:" >&2
  cat "$work/dev.log" >&2
  exit 3
fi

mkdir -p wsfleet-report
code=0
wsfleet --context dev run docs/examples/chat.wsfleet.yaml --var "$target" --secret JWT_KEY \
  --report md=wsfleet-report/worklog.md --report json=wsfleet-report/run.json || code=$?
cat <<END

A report of this run, as text to read or to attach: $PWD/wsfleet-report/worklog.md
The programs are in $PWD/build/quickstart/bin. Next, in a terminal of its own:
  export PATH=$PWD/build/quickstart/bin:\$PATH
  wsfleet dev        a fleet and a demo target to try things on; it says how to run the example again
and in another one:
  wsfleet new        writes a first suite; set its target, then: wsfleet run first.wsfleet.yaml
END
exit "$code"
