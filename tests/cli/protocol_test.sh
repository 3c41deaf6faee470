#!/bin/sh
# jobstore/PROTOCOL.md against the program: every program on that page is run as it stands there, and does what the page says.
. "$(dirname "$0")/../e2e/lib.sh"
for tool in python3 node; do command -v $tool >/dev/null || fail "$tool is needed"; done
programs=$scratch/programs
mkdir "$scratch/bin"
ln -s "$reelspool" "$scratch/bin/reelspool"
PATH=$scratch/bin:$PATH
programs_of_the_page "$programs"
[ "$(find "$programs" -type f | wc -l)" -eq 14 ] || fail "not 14 programs on the page: $(ls "$programs")"

# job_file ID: a job that no worker claims in the time of this test.
job_file() {
  jq -n --arg id "$1" '{id: $id, type: "storyboard", runAt: "2099-01-01T00:00:00Z", params: {price: 1.5}}' >"$scratch/$1.json"
  echo "$scratch/$1.json"
}
run() {
  program=$1
  shift
  case $program in
    *.mjs) node "$programs/$program" "$@" ;;
    *.py) python3 "$programs/$program" "$@" ;;
    *.sh) sh "$programs/$program" "$@" ;;
  esac || fail "$program"
}

# Before there is a worker, each way once ...
for program in drop.mjs drop.py drop.sh command.mjs locked.mjs locked.py locked.sh plain.mjs plain.py plain.sh; do
  run $program "$data" "$(job_file "early-$program")" >/dev/null
done
start_worker
for program in drop.mjs drop.py drop.sh command.mjs locked.mjs locked.py locked.sh plain.mjs plain.py plain.sh; do
  until_true 20 has_status "early-$program" pending
done
# ... and beside one.
for program in drop.mjs drop.py drop.sh command.mjs command.py command.sh locked.mjs locked.py locked.sh plain.mjs plain.py plain.sh; do
  run $program "$data" "$(job_file "late-$program")" >/dev/null
  until_true 20 has_status "late-$program" pending
done
"$reelspool" list >"$scratch/out" 2>&1
[ "$(grep -c pending "$scratch/out")" -eq 22 ] || fail "not 22 jobs: $(cat "$scratch/out")"
[ -z "$(ls "$data/inbox/rejected")" ] || fail "refused: $(cat "$data"/inbox/rejected/*.reason.txt)"

# Under the lock, all three languages at once.
for program in locked.mjs locked.py locked.sh; do
  for number in 1 2 3; do
    file=$(job_file "race-$program-$number")
    run $program "$data" "$file" &
  done
done
for program in locked.mjs locked.py locked.sh; do
  for number in 1 2 3; do until_true 20 has_status "race-$program-$number" pending; done
done

# Who follows a job sees its end.
run follow.mjs "$data" late-drop.sh >"$scratch/followed" &
follower=$!
until_true 20 grep -q '^pending' "$scratch/followed"
run cancel.sh "$data" late-drop.sh
wait "$follower"
tail -n 1 "$scratch/followed" | grep -q '^cancelled' || fail "follow: $(cat "$scratch/followed")"

# The checker says what would become of a file, by the exit statuses of the page, and changes nothing.
before=$(find "$data" -type f ! -path '*/jobs/*' -exec cksum {} + | sort)
verify() {
  expected=$1
  shift
  "$reelspool" store verify "$@" >"$scratch/out" 2>&1
  status=$?
  [ $status -eq "$expected" ] || fail "verify $* exited with $status: $(cat "$scratch/out")"
}
verify 0
grep -q '^ok .*journal' "$scratch/out" || fail "nothing said of the journal: $(cat "$scratch/out")"
verify 0 "$(job_file new)"
grep -q '^submitted .*job new$' "$scratch/out" || fail "a new job: $(cat "$scratch/out")"
verify 0 "$scratch/early-plain.py.json"
grep -q '^known ' "$scratch/out" || fail "a known job: $(cat "$scratch/out")"
jq '.priority = "high" | .id = "ad-7"' "$scratch/new.json" >"$scratch/mine.json"
verify 5 "$scratch/mine.json"
grep -q 'job ad-7: priority: must be a whole number' "$scratch/out" || fail "a bad priority: $(cat "$scratch/out")"
jq -n --slurpfile job "$scratch/mine.json" '{jobs: ([{id: "fine", type: "clip"}] + $job)}' >"$scratch/two.json"
verify 5 --json "$scratch/two.json"
[ "$(jq -c 'map(.result)' "$scratch/out")" = '["submitted","refused"]' ] || fail "two entries: $(cat "$scratch/out")"
after=$(find "$data" -type f ! -path '*/jobs/*' -exec cksum {} + | sort)
[ "$before" = "$after" ] || fail "the checker changed something"
