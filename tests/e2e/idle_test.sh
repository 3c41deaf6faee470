#!/bin/sh
# A worker with nothing to do sleeps: no system call in ten seconds but its watchdog's, at most two a second, and no process
# of a plugin once HOST_IDLE_MS are over. Watching needs the right to trace (root, mostly).
. "$(dirname "$0")/lib.sh"
export HOST_IDLE_MS=1000

start_worker
until_true 20 test -f "$data/jobs.json"
job one "One short job." | drop one
until_true 240 has_status one 'done'
no_children() { [ -z "$(cat "/proc/$worker/task/$worker/children")" ]; }
until_true 30 no_children
sleep 3 # whatever is coalesced or put off has been done

timeout 10 strace -f -qq -o "$scratch/trace" -p "$worker"
if grep -q 'Operation not permitted' "$scratch/trace" 2>/dev/null || [ ! -f "$scratch/trace" ]; then
  echo "tracing is not allowed here"
  exit 0
fi
kill -0 "$worker" || fail "the worker is gone"
# strace shows the calls in which the threads were already waiting when it came ("restart_syscall", or the call it resumed).
calls=$(grep -c -v -e 'strace: ' -e '+++' -e 'restart_syscall' -e 'detached' -e 'unfinished' -e 'resumed' "$scratch/trace")
[ "$calls" -le 20 ] || fail "$calls system calls in ten idle seconds: $(head -n 40 "$scratch/trace")"
