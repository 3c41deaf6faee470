#!/bin/sh
# Commands ask the living worker over store/socket, and take another way when it dies or hangs under them: nothing that was
# acknowledged is lost, no command fails for it, and none opens the store while a worker lives.
. "$(dirname "$0")/../e2e/lib.sh"

# job_for_later ID: one that no worker claims in the time of this test.
job_for_later() {
  jq -n --arg id "$1" '{id: $id, type: "storyboard", runAt: "2099-01-01T00:00:00Z", params: {}}' >"$scratch/$1.json"
}
submit() { job_for_later "$1" && "$reelspool" submit "$scratch/$1.json" >/dev/null; }
is_served() { [ -S "$data/store/socket" ]; }
# with_worker: a new one in the place of the last, which left its socket file if it was killed.
with_worker() {
  rm -f "$data/store/socket"
  start_worker
  until_true 20 is_served
}

with_worker
submit first || fail "submit"
for command in 'list' 'show first' 'stats' 'cancel first' 'remove first'; do
  # LeakSanitizer works by ptrace itself, so not under it.
  # shellcheck disable=SC2086  # words of one command
  ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" strace -f -qq -e trace=openat,open -o "$scratch/trace" "$reelspool" $command >"$scratch/out" 2>&1
  status=$?
  if grep -q 'Operation not permitted' "$scratch/out" 2>/dev/null; then break; fi # tracing is not allowed here
  [ $status -eq 0 ] || fail "$command exited with $status: $(cat "$scratch/out")"
  if grep -q 'store/journal' "$scratch/trace"; then fail "$command opened the store beside a living worker"; fi
done
submit pending || fail "submit"
"$reelspool" retry pending >"$scratch/out" 2>&1 && fail "a pending job was retried"
grep -q 'cannot be retried' "$scratch/out" || fail "the store's own reason is lost: $(cat "$scratch/out")"

# Killed again and again, while three front ends submit and cancel.
acknowledge() {
  for number in 1 2 3 4 5 6; do
    submit "s$1-$number" || echo "submit s$1-$number" >>"$scratch/failed"
    [ $((number % 2)) -eq 0 ] || continue
    # A job that was dropped while nobody lived is there once somebody has taken it in.
    tries=0
    until "$reelspool" cancel "s$1-$number" >"$scratch/cancel-$1" 2>&1; do
      tries=$((tries + 1))
      [ $tries -lt 50 ] || { echo "cancel s$1-$number: $(cat "$scratch/cancel-$1")" >>"$scratch/failed" && break; }
    done
  done
}
for front_end in 1 2 3; do
  acknowledge $front_end &
  eval "front_end_$front_end=$!"
done
for _ in 1 2 3 4; do
  sleep 0.3 # the moment of the kill is anybody's
  stop_worker KILL
  with_worker
done
# shellcheck disable=SC2154  # set by eval
wait "$front_end_1" "$front_end_2" "$front_end_3"
[ ! -e "$scratch/failed" ] || fail "commands failed: $(cat "$scratch/failed")"
all_taken_in() { [ -z "$(find "$data/inbox" -maxdepth 1 -name '*.json')" ]; }
until_true 20 all_taken_in
"$reelspool" list --json >"$scratch/list" || fail "list"
[ "$(jq length "$scratch/list")" -eq 19 ] || fail "not 19 jobs: $(jq -c 'map(.id)' "$scratch/list")"
[ "$(jq 'map(select(.status == "cancelled")) | length' "$scratch/list")" -eq 9 ] || fail "not 9 cancelled: $(jq -c 'map([.id, .status])' "$scratch/list")"

# Who follows a job hears of its end from the worker that comes next.
: >"$scratch/watch"
"$reelspool" watch s1-1 >"$scratch/watch" 2>&1 &
watcher=$!
until_true 20 grep -q pending "$scratch/watch"
stop_worker KILL
with_worker
"$reelspool" cancel s1-1 >/dev/null || fail "cancel"
wait "$watcher"
[ $? -eq 4 ] || fail "watch: $(cat "$scratch/watch")"

# A worker that hangs holds up no submit: it goes into the drop folder, and is taken in when the worker goes on.
kill -STOP "$worker"
submit while-it-hangs || fail "submit beside a worker that hangs"
[ -s "$data/inbox/while-it-hangs.json" ] || fail "it is not in the drop folder"
kill -CONT "$worker"
until_true 20 all_taken_in
"$reelspool" show while-it-hangs >/dev/null || fail "the dropped job was lost"

# With nobody alive a submit costs a file, and whoever looks next takes it in.
stop_worker TERM
[ ! -e "$data/store/socket" ] || fail "a graceful stop left its socket"
submit nobody-lives || fail "submit with nobody alive"
[ -s "$data/inbox/nobody-lives.json" ] || fail "it is not in the drop folder"
[ "$("$reelspool" show nobody-lives --json | jq -r .status)" = pending ] || fail "it was not taken in"
