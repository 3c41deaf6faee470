#!/bin/sh
# reelspool store ...: from one data directory into another and back to order after damage, by the exit statuses of the README.
. "$(dirname "$0")/../e2e/lib.sh"
store() {
  expected=$1
  shift
  "$reelspool" store "$@" >"$scratch/out" 2>&1
  status=$?
  [ $status -eq "$expected" ] || fail "store $* exited with $status instead of $expected: $(cat "$scratch/out")"
}
said() { grep -q -- "$1" "$scratch/out" || fail "nothing said of '$1': $(cat "$scratch/out")"; }

store 64
store 0 verify
said 'there is no store yet'
for id in one two three; do
  job "$id" "Text of $id." | "$reelspool" submit - >/dev/null || fail "submit"
done
"$reelspool" cancel two >/dev/null || fail "cancel"
store 0 compact
[ -s "$data/store/snapshot" ] || fail "no snapshot"
store 0 verify
said 'store/snapshot'

store 0 export "$scratch/jobs.jsonl"
[ "$(wc -l <"$scratch/jobs.jsonl")" -eq 5 ] || fail "the export: $(cat "$scratch/jobs.jsonl")"
"$reelspool" store export | jq -e . >/dev/null || fail "an export is JSON lines"
first=$data
export DATA_DIR="$scratch/second" && data=$DATA_DIR
head -n 3 "$scratch/jobs.jsonl" >"$scratch/cut.jsonl"
store 1 import "$scratch/cut.jsonl"
said '2 added, 0 known already, 0 refused'
said 'it was cut'
store 0 import "$scratch/jobs.jsonl"
said '1 added, 2 known already, 0 refused'
[ "$("$reelspool" list --json | jq -c 'map([.id, .status])')" = '[["three","pending"],["two","cancelled"],["one","pending"]]' ] || fail "imported: $("$reelspool" list)"
grep -q '"two"' "$data/jobs.json" || fail "jobs.json does not show the import"
store 1 import /nowhere
seq 50 >"$scratch/wrong"
store 1 import "$scratch/wrong"
said 'and 30 more lines that were refused'
[ "$(wc -l <"$scratch/out")" -lt 30 ] || fail "a line for each of $(wc -l <"$scratch/out")"
export DATA_DIR="$first" && data=$first

# Damage in what was synced: named, planned, and mended only on demand, with a copy.
for id in four five six; do job "$id" "Text." | "$reelspool" submit - >/dev/null && "$reelspool" stats >/dev/null; done
sed -i 's/"four"/"4our"/' "$data/store/journal-000002"
store 1 verify
said '^damaged .*journal-000002'
grep -q '^ok .*journal-000002' "$scratch/out" && fail "the damaged segment is called good: $(cat "$scratch/out")"
"$reelspool" list >/dev/null 2>&1 && fail "a damaged store was opened"
cp -a "$data/store" "$scratch/before"
store 1 repair
said 'Nothing was changed'
said 'lines, of which 1 are damaged'
diff -r "$data/store" "$scratch/before" || fail "a plan changed the store"
store 0 repair --yes
said 'five, six'
cmp "$data"/store.cut-*/journal-000002 "$scratch/before/journal-000002" || fail "no copy of what was cut"
store 0 repair
said 'nothing to repair'
store 0 verify
"$reelspool" show three >/dev/null || fail "what was before the damage is lost"

# Beside a living worker too, but for the repair.
start_worker
until_true 20 test -S "$data/store/socket"
store 0 compact
store 0 verify
store 0 export "$scratch/more.jsonl"

# Somebody keeps the lock of the store: doctor says who it is, and so does a command that waits for it.
stop_worker TERM
flock --no-fork "$data/store/lock" sleep 600 &
worker=$! # so that it ends with this test
until_true 20 grep -q "^[0-9]*: FLOCK .* $worker " /proc/locks
"$reelspool" doctor >"$scratch/out" 2>&1
[ $? -eq 78 ] || fail "doctor is content: $(cat "$scratch/out")"
said "the lock $data/store/lock is kept"
said "process $worker (sleep 600) has it; if it hangs, end it with kill -KILL $worker"
"$reelspool" pause >"$scratch/out" 2>&1 &
waits=$!
until_true 20 grep -qs "waiting for the lock .*process $worker (sleep 600) has it" "$scratch/out"
stop_worker KILL
wait $waits || fail "pause: $(cat "$scratch/out")"
