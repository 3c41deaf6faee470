#!/bin/sh
# jobs.json on odd mounts and among other users, by a real worker. Each time: nothing is lost, one message names the file, the
# reason and what to do, the worker lives on and serves all else, and it goes on by itself when the cause is gone.
#
# Mounts need a user namespace (unshare -mr), other users need root: without them that part is skipped, and says so. What needs
# neither (links, folders, pipes, rubbish) is in odd_files_test.cpp.
. "$(dirname "$0")/../e2e/lib.sh"
export POLL_INTERVAL_MS=100
skipped=0
trap 'stop_worker KILL; umount -lq "$data/jobs.json" "$data/inbox" "$data" 2>/dev/null; rm -rf "$scratch"' EXIT
skip() {
  echo "SKIPPED: $*"
  skipped=1
}

# begin NAME: an empty data directory.
begin() {
  stop_worker TERM
  data=$scratch/$1
  mkdir "$data"
  export DATA_DIR="$data"
  : >"$scratch/worker.log"
}
# start_with COMMAND...: a worker that this command starts.
start_with() {
  "$@" "$reelspool" worker </dev/null >>"$scratch/worker.log" 2>&1 &
  worker=$!
}
# later ID [TEXT]: a job that nobody claims in the time of this test.
later() { jq -nc --arg id "$1" --arg text "${2:-}" '{id: $id, type: "storyboard", runAt: "2099-01-01T00:00:00Z", params: {text: $text}}'; }
beside() { later "$1" | jq -c '[.]' >"$data/.mine" && mv "$data/.mine" "$data/jobs.json"; }
is_taken_in() { [ -e "$data/jobs/$1/status.json" ]; }
is_told() { grep -qF -- "$1" "$scratch/worker.log"; }
told_once() { [ "$(grep -cF -- "$1" "$scratch/worker.log")" -eq 1 ] || fail "not told once: $1"; }
# goes_on ID: all else is served.
goes_on() {
  later "$1" | drop "$1"
  until_true 20 is_taken_in "$1"
}

a_single_file() {
  begin single
  echo '{"jobs": []}' >"$scratch/host.json"
  : >"$data/jobs.json"
  mount --bind "$scratch/host.json" "$data/jobs.json"
  start_worker
  goes_on one
  until_true 20 is_told "$data/jobs.json cannot be replaced, because it is a mount of its own (a bind-mounted single file): mount the directory"
  later two | jq -c '[.]' >"$data/jobs.json" # there is no other way to write it
  until_true 20 is_taken_in two
  umount -l "$data/jobs.json"
  for id in one two; do until_true 60 has_status $id pending; done
  told_once 'a mount of its own'
}

a_device() {
  begin device
  : >"$data/jobs.json"
  mount --bind /dev/null "$data/jobs.json"
  start_worker
  until_true 20 is_told "$data/jobs.json is a device, no regular file: move it away"
  goes_on one
  umount -l "$data/jobs.json"
  until_true 60 has_status one pending
  told_once 'no regular file'
}

read_only() {
  begin readonly
  start_worker
  beside one
  until_true 20 has_status one pending
  stop_worker TERM
  mount --bind "$data" "$data"
  mount -o remount,bind,ro "$data"
  start_worker
  wait "$worker" && fail "a worker started on a read-only mount"
  worker=''
  is_told 'is on a read-only file system; mount it writable' || fail "not told: $(cat "$scratch/worker.log")"
  later two | "$reelspool" submit - >"$scratch/out" 2>&1 && fail "a submit to a read-only mount was acknowledged"
  grep -q 'Read-only file system' "$scratch/out" || fail "submit: $(cat "$scratch/out")"
  umount -l "$data"
  start_worker
  goes_on three
  until_true 20 has_status three pending
  has_status one pending || fail "lost"
}

# Only the drop folder is: what is taken in cannot be deleted, and is known the next time.
read_only_inbox() {
  begin inbox
  start_worker
  goes_on one
  later two >"$data/inbox/.two"
  mv "$data/inbox/.two" "$scratch/two.json"
  stop_worker TERM
  mv "$scratch/two.json" "$data/inbox/two.json"
  mount --bind "$data/inbox" "$data/inbox"
  mount -o remount,bind,ro "$data/inbox"
  start_worker
  until_true 20 has_status two pending
  until_true 20 is_told 'inbox/two.json: Read-only file system'
  beside three
  until_true 20 has_status three pending
  umount -l "$data/inbox"
  until_true 60 test ! -e "$data/inbox/two.json"
  [ -z "$(ls "$data/inbox/rejected")" ] || fail "refused: $(ls "$data/inbox/rejected")"
  told_once 'Read-only file system'
}

full() {
  begin full
  mount -t tmpfs -o size=300m tmpfs "$data" # with less a worker does not start
  "$reelspool" plugin list >/dev/null || fail "plugin list" # copies them: a worker that finds the disk full then does not start
  start_worker
  beside one
  until_true 20 has_status one pending
  mount -o remount,size="$(($(du -sm "$data" | cut -f 1) + 2))m" "$data" || fail "remount"
  later two >"$data/inbox/.two"
  ln "$data/inbox/.two" "$data/kept" # the worker's deleting it then makes no room, in which jobs.json would fit
  cat /dev/zero >"$data/ballast" 2>/dev/null
  mv "$data/inbox/.two" "$data/inbox/two.json"
  until_true 20 is_told "$data/jobs.json: No space left on device: make room"
  has_status one pending || fail "readers see no whole file: $(cat "$data/jobs.json")"
  text=$(head -c 30000 /dev/zero | tr '\0' x)
  acknowledged=''
  for number in 1 2 3 4; do
    later "more-$number" "$text" | "$reelspool" submit - >"$scratch/out" 2>&1 && acknowledged="$acknowledged more-$number"
  done
  grep -q 'No space left on device' "$scratch/out" || fail "submit: $(cat "$scratch/out")"
  rm "$data/ballast"
  for id in two $acknowledged; do until_true 60 has_status "$id" pending; done
  goes_on three
  until_true 20 has_status three pending
  "$reelspool" store verify >"$scratch/out" || fail "verify: $(cat "$scratch/out")"
  stop_worker TERM
  umount -l "$data"
}

# start_failing CALL ERROR [OPTION]...: a worker whose calls of that kind fail so.
start_failing() {
  call=$1 error=$2
  shift 2
  start_with strace -D -f -qq -o /dev/null -e trace="$call" -e inject="$call:error=$error" "$@"
}

no_exchange() {
  begin exchange
  start_failing renameat2 EINVAL
  goes_on one
  until_true 20 has_status one pending
  beside two
  until_true 20 has_status two pending
  until_true 20 is_told "the file system of $data cannot exchange files"
  has_status one pending || fail "not put back"
  later three | "$reelspool" submit - >/dev/null || fail "submit"
  until_true 20 has_status three pending
  told_once 'cannot exchange files'
}

no_events() {
  begin events
  start_failing inotify_add_watch ENOSPC
  goes_on one
  until_true 20 has_status one pending
  is_told 'fs.inotify.max_user_watches may be too small): No space left on device - looking at jobs.json and the drop folder by the clock' ||
    fail "not told: $(cat "$scratch/worker.log")"
  told_once "watching $data/store/bell and $data/store/workers (fs.inotify.max_user_watches may be too small): No space left on device"
  beside two
  until_true 20 has_status two pending
  mkdir "$data/jobs.json.lock"
  goes_on three
  until_true 20 has_status three pending # after a second it goes on without the lock
}

as_nobody() { exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
other_users() {
  chmod 755 "$scratch"
  (as_nobody "$reelspool" --version) >/dev/null 2>&1 || { skip "user 65534 cannot run $reelspool"; return; }

  begin unreadable
  later one | jq -c '[.]' >"$data/jobs.json"
  chmod 600 "$data/jobs.json"
  chown 65534:65534 "$data"
  start_with as_nobody
  until_true 20 is_told "$data/jobs.json: Permission denied: this user needs to read it"
  goes_on two
  later three >"$data/inbox/.three"
  chmod 600 "$data/inbox/.three"
  mv "$data/inbox/.three" "$data/inbox/three.json"
  until_true 20 grep -qs 'inbox/three.json: cannot be read: make such files readable' "$data/inbox/rejected/three.json.reason.txt"
  chmod 640 "$data/jobs.json"
  chgrp 65534 "$data/jobs.json"
  for id in one two; do until_true 60 has_status $id pending; done
  told_once 'this user needs to read it'
  [ "$(stat -c '%u %g %a' "$data/jobs.json")" = '65534 65534 640' ] || fail "not kept: $(stat -c '%u %g %a' "$data/jobs.json")"

  begin foreign
  mkdir "$data/inbox"
  chown 65534:65534 "$data"
  start_with as_nobody
  until_true 20 is_told "$data/inbox/rejected: Permission denied: the worker's user (65534) may not write to $data/inbox; give both sides a group"

  begin unwritable
  chown 65534:65534 "$data"
  start_with as_nobody
  until_true 20 test -d "$data/inbox/rejected"
  goes_on zero
  until_true 20 has_status zero pending
  chown 0:0 "$data"
  goes_on one
  until_true 20 is_told "$data/jobs.json: Permission denied: this user needs to read it and to write the directory; let both sides share a group"
  chgrp 65534 "$data" && chmod 2775 "$data"
  until_true 60 has_status one pending
  chown 0 "$data/inbox" && chmod 755 "$data/inbox"
  later two | drop two
  until_true 20 has_status two pending
  until_true 20 is_told 'inbox/two.json: Permission denied'
  chown 65534 "$data/inbox"
  until_true 60 test ! -e "$data/inbox/two.json"
  told_once 'inbox/two.json: Permission denied'
}

if [ -z "${INSIDE:-}" ]; then
  if [ "$(id -u)" -eq 0 ]; then other_users; else skip "other users: this needs root"; fi
  if unshare -mr true 2>/dev/null; then
    INSIDE=yes unshare -mr "$0" "$reelspool"
    case $? in 0) ;; 77) skipped=1 ;; *) exit 1 ;; esac
  else
    skip "mounts: unshare -mr is not permitted here"
  fi
else
  for part in a_single_file a_device read_only read_only_inbox full; do $part; done
  # LeakSanitizer works by ptrace itself, so not under it.
  export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0"
  if strace -D -qq -o /dev/null true 2>/dev/null; then no_exchange && no_events; else skip "calls that fail: strace is not permitted here"; fi
fi
[ $skipped -eq 0 ] || exit 77
