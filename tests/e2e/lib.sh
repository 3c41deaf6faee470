# shellcheck shell=sh disable=SC2034
# lib.sh - what the end-to-end tests share. Sourced:  . "$(dirname "$0")/lib.sh"  with the program as the test's first argument.
# A test ends with `fail "reason"` or with its last line. A worker that it started ends with it.
set -u
reelspool=$1
here=$(cd "$(dirname "$0")" && pwd)
sources=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/reelspool e2e.XXXXXX")
data=$scratch/data
mkdir "$data"
export DATA_DIR="$data" VIDEO_PRESET=ultrafast LOG_FORMAT=json
worker=''
trap 'stop_worker KILL; rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM

fail() {
  echo "FAILED: $*"
  [ ! -s "$scratch/worker.log" ] || { echo "--- the worker's last lines"; tail -n 30 "$scratch/worker.log"; }
  exit 1
}

start_worker() {
  "$reelspool" worker </dev/null >>"$scratch/worker.log" 2>&1 &
  worker=$!
}

# stop_worker [SIGNAL]: and its exit status in $ended.
stop_worker() {
  [ -n "$worker" ] || return 0
  kill -"${1:-TERM}" "$worker" 2>/dev/null
  wait "$worker" 2>/dev/null
  ended=$?
  worker=''
}

# until_true SECONDS COMMAND...: looks ten times a second; fails the test when the time is over.
until_true() {
  turns=$(($1 * 10))
  shift
  while [ $turns -gt 0 ]; do
    if "$@"; then return 0; fi
    sleep 0.1
    turns=$((turns - 1))
  done
  fail "still not true: $*"
}

status_of() { jq -r --arg id "$1" '[.jobs[]? | select(.id == $id)][0].status // "unseen"' "$data/jobs.json" 2>/dev/null; }
has_status() { [ "$(status_of "$1")" = "$2" ]; }
has_ended() { case $(status_of "$1") in done | failed | cancelled) true ;; *) false ;; esac; }

# job ID TEXT: a job of one scene, small and quick to make.
job() {
  jq -n --arg id "$1" --arg text "$2" '{id: $id, type: "storyboard", params: {resolution: "480p", storyboard: {scenes: [
    {index: 1, visual: "a paper boat on a pond", spoken_text: $text}]}, brief: {resolution: "480p"}}}'
}

# drop: puts the job that it reads into the drop folder.
drop() {
  mkdir -p "$data/inbox"
  cat >"$data/inbox/.$1.tmp" && mv "$data/inbox/.$1.tmp" "$data/inbox/$1.json"
}

# programs_of_the_page FOLDER: every program of jobstore/PROTOCOL.md as a file of its own.
programs_of_the_page() {
  mkdir "$1"
  awk -v folder="$1" '
    /^<!-- run: / { name = $3; next }
    /^```/ && name != "" { if (open) { close(folder "/" name); name = ""; open = 0 } else open = 1; next }
    open { print > (folder "/" name) }' "$sources/jobstore/PROTOCOL.md"
}
