#!/bin/sh
# An idle worker with an empty store has less than 25 MB in memory.
. "$(dirname "$0")/lib.sh"

start_worker
until_true 20 test -f "$data/jobs.json"
sleep 2 # what it does at start is done
memory_kb=$(awk '/^VmRSS:/ { print $2 }' "/proc/$worker/status")
echo "VmRSS $memory_kb kB"
[ "$memory_kb" -lt 25000 ] || fail "the idle worker has $memory_kb kB in memory"
