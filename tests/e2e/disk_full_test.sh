#!/bin/sh
# The disk fills while jobs run: all of them are recorded as failed on the full disk, by a real worker on a small tmpfs, which survives
# that worker's death; no other job is begun, one message says why; when there is room again all goes on, and nothing is lost.
#
# Mounts need a user namespace (unshare -mr): without it this is skipped, and says so.
. "$(dirname "$0")/lib.sh"
if [ -z "${INSIDE:-}" ]; then
  unshare -mr true 2>/dev/null || { echo "SKIPPED: unshare -mr is not permitted here"; exit 77; }
  INSIDE=yes unshare -mr "$0" "$reelspool"
  exit $?
fi
trap 'stop_worker KILL; umount -lq "$data" 2>/dev/null; rm -rf "$scratch"' EXIT
# More jobs than ends fit into what is left of the journal's last block by chance.
ids='one two three four five six seven eight'
export MAX_CONCURRENT_JOBS=8 MIN_FREE_DISK_MB=0 MAX_ATTEMPTS=1

# The files of jobs.json and the status files are behind while the disk is full: the worker is asked.
state_of() { "$reelspool" show "$1" --json | jq -r .status; }
all_are() { [ "$("$reelspool" list --json | jq --arg ids "$ids" --arg state "$1" '[($ids | split(" ")) as $of | .[] | select(IN(.id; $of[]) and .status == $state)] | length')" -eq 8 ]; }
is_told() { grep -qF -- "$1" "$scratch/worker.log"; }

later() { jq -nc --arg id "$1" --arg text "$(head -c 60000 /dev/zero | tr '\0' x)" '{id: $id, type: "storyboard", runAt: "2099-01-01T00:00:00Z", params: {text: $text}}'; }

mount -t tmpfs -o size=300m tmpfs "$data" # with less a worker does not start
"$reelspool" plugin list >/dev/null || fail "plugin list"
start_worker
until_true 20 test -S "$data/store/socket"
for id in $ids; do job "$id" 'One two three, four five six, seven eight nine, ten eleven twelve.' | "$reelspool" submit - >/dev/null || fail "submit $id"; done
until_true 20 all_are running
"$reelspool" pause >/dev/null || fail "pause"
job late 'Later.' | "$reelspool" submit - >/dev/null || fail "submit late"
kill -STOP "$worker"
cat /dev/zero >"$data/ballast" 2>/dev/null
kill -CONT "$worker"
until_true 120 all_are failed
"$reelspool" show one --json | jq -e '.errorInfo.class == "storage"' >/dev/null || fail "not a failure of storage: $("$reelspool" show one --json)"

# While nothing runs nothing is kept: others may use what is left.
number=0
while later "more-$number" | "$reelspool" submit - >"$scratch/out" 2>&1; do number=$((number + 1)); done
grep -q 'No space left on device' "$scratch/out" || fail "submit: $(cat "$scratch/out")"
"$reelspool" resume >/dev/null || fail "resume"
until_true 20 is_told "disk full: no room to record how a job ends; make room on the disk of $data"
[ "$(state_of late)" = pending ] || fail "late is $(state_of late)"

stop_worker KILL
all_are failed || fail "not safe: $(for id in $ids; do state_of "$id"; done)"
rm "$data/ballast"
"$reelspool" store verify >"$scratch/out" || fail "verify: $(cat "$scratch/out")"
start_worker
until_true 120 has_status late "done"
until_true 20 has_status one failed
[ "$number" -eq 0 ] || has_status more-0 pending || fail "lost: more-0"
"$reelspool" retry one >/dev/null || fail "retry"
until_true 120 has_status one "done"
stop_worker TERM
umount -l "$data"
