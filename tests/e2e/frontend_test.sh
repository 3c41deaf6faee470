#!/bin/sh
# A front end of thirty lines of Node sees its job go pending, running with growing progress, done with a video, whether the
# worker was there first or came later.
. "$(dirname "$0")/lib.sh"

# seen FILE: what the front end printed makes sense.
seen() {
  grep -q '^running ' "$1" || fail "no running state was seen: $(cat "$1")"
  awk '$1 == "running" { if ($2 + 0 < last) exit 1; last = $2 + 0; if (last > first) grew = 1 } END { exit !grew }' "$1" ||
    fail "the progress did not grow: $(cat "$1")"
  tail -n 1 "$1" | grep -q '^done 100 .*/final.mp4$' || fail "no video at the end: $(cat "$1")"
}

job after-worker "The worker was here before me." >"$scratch/a.json"
start_worker
until_true 20 test -f "$data/jobs.json"
node "$sources/ecosystem/samples/frontend.mjs" "$data/jobs.json" "$scratch/a.json" >"$scratch/a.out" || fail "the front end: $(cat "$scratch/a.out")"
seen "$scratch/a.out"
stop_worker TERM
[ "$ended" -eq 0 ] || fail "a graceful stop ended with $ended"

job before-worker "I was here before the worker." >"$scratch/b.json"
node "$sources/ecosystem/samples/frontend.mjs" "$data/jobs.json" "$scratch/b.json" >"$scratch/b.out" &
frontend=$!
until_true 20 grep -q '^pending' "$scratch/b.out"
start_worker
wait "$frontend" || fail "the front end: $(cat "$scratch/b.out")"
grep -q '^pending' "$scratch/b.out" || fail "no pending state was seen: $(cat "$scratch/b.out")"
seen "$scratch/b.out"
has_status after-worker 'done' || fail "the first job was lost: $(status_of after-worker)"
file=$(sed -n 's|^done 100 file://||p' "$scratch/b.out" | sed 's/%20/ /g')
[ -s "$file" ] || fail "there is no video at $file"
