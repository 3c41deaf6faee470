#!/bin/sh
# Front ends in Node against a worker that claims, reports and finishes all the time: not one acknowledged submit is lost, and each
# job is done once. One writer without a lock, one that writes in place, eight with the lock directory, eight with the drop folder.
#   node_race_test.sh REELSPOOL BUSY_WORKER [SUBMITS] [WAY]...    each way this often (REELSPOOL_LONG=1: 4000)
. "$(dirname "$0")/../e2e/lib.sh"
busy_worker=$2
command -v node >/dev/null || { echo "SKIPPED: node is not installed"; exit 77; }
if [ -n "${REELSPOOL_LONG:-}" ]; then submits=4000; else submits=160; fi
[ $# -lt 3 ] || submits=$3
shift "$(($# < 3 ? $# : 3))"
[ $# -gt 0 ] || set -- plain in-place locked drop
programs_of_the_page "$scratch/programs"
writers=''
trap 'for pid in $writers; do kill "$pid" 2>/dev/null; done; stop_worker KILL; rm -rf "$scratch"' EXIT

# race WAY WRITERS
race() {
  data=$scratch/$1
  mkdir "$data" && mkfifo "$data.input"
  "$busy_worker" "$data" <"$data.input" >"$data.out" 2>"$data.log" &
  worker=$!
  exec 9>"$data.input"
  until_true 20 grep -qs serves "$data.out"
  program=$scratch/programs/$1.mjs
  [ "$1" != in-place ] || program=in-place
  began=$(date +%s)
  number=0 writers=''
  while [ $number -lt "$2" ]; do
    node "$here/writer.mjs" "$program" "$data" "race-$number" $((submits / $2)) >"$data.writer-$number" 2>&1 &
    writers="$writers $!"
    number=$((number + 1))
  done
  for pid in $writers; do wait "$pid" || fail "$1: a writer failed: $(cat "$data".writer-*) $(cat "$data.log")"; done
  writers=''
  exec 9>&-
  wait "$worker" || fail "$1: the worker failed: $(cat "$data.log")"
  worker=''
  acknowledged=$(awk '{ sum += $1 } END { print sum }' "$data".writer-*)
  finished=$(sed -n 's/^finished //p' "$data.out")
  DATA_DIR=$data "$reelspool" store export "$data.jsonl" || fail "$1: export"
  known=$(jq -r 'select(.id) | .id' "$data.jsonl" | grep -c '^race-')
  done=$(jq -r 'select(.status == "done") | .id' "$data.jsonl" | grep -c '^race-')
  printf '%-9s %d writers, %d acknowledged, %d lost, %d done, %d attempts; %d s\n' "$1" "$2" "$acknowledged" \
    $((acknowledged - known)) "$done" "$finished" $(($(date +%s) - began))
  [ "$acknowledged" -eq $((submits / $2 * $2)) ] || fail "$1: not every writer came to its end"
  [ "$known" -eq "$acknowledged" ] || fail "$1: submits were lost"
  [ "$done" -eq "$acknowledged" ] || fail "$1: not every job was done"
  [ "$finished" -eq "$acknowledged" ] || fail "$1: a job was done twice"
  [ -z "$(ls "$data/inbox/rejected")" ] || fail "$1: refused: $(cat "$data"/inbox/rejected/*.reason.txt)"
  [ -z "$(find "$data" -name 'jobs.json.broken*' -o -name '.jobs.json.*')" ] || fail "$1: left behind: $(ls -A "$data")"
}
for way in "$@"; do
  case $way in
    plain | in-place) race "$way" 1 ;;
    *) race "$way" 8 ;;
  esac
done
