#!/bin/sh
# hostile_test.sh REELSPOOL PLUGINS [sanitized]
# Plugins that do their worst, in a living worker: in next(), and while they are loaded. Each costs one step of one job; that job
# names the plugin and what it did; the worker lives, and the jobs beside are made. A key in the worker's environment is found
# nowhere afterwards: in no file, log or answer, however it is written.
plugins=$2
# A sanitizer's runtime reports a crash and ends its process itself, and needs more memory than a host is given.
sanitized=${3:-}
. "$(dirname "$0")/lib.sh"
canary='canary-7f3a+59/d1=='
export CANARY_KEY="$canary"
export MAX_ATTEMPTS=1 MAX_CONCURRENT_IMAGE=8 MAX_CONCURRENT_JOBS=8 SHUTDOWN_GRACE_MS=1000
# shellcheck disable=SC3045  # dash has it
ulimit -c unlimited  # so that a core would be written
mkdir -p "$data/plugins"
cp "$plugins/hostile.so" "$data/plugins/"
"$reelspool" plugin allow hostile >/dev/null || fail "allow"
start_worker

: >"$scratch/misdeeds"

# order ID MISDEED: a job whose picture is asked of the hostile plugin.
order() {
  jq -n --arg id "$1" --arg visual "do:$2" '{id: $id, type: "storyboard", params: {resolution: "480p", storyboard: {scenes: [
    {index: 1, visual: $visual, duration: 1}]}, brief: {resolution: "480p", audio_mode: "music_only"}}}' | drop "$1"
}
# misdeed NAME PATTERN: such a job, and what its error is to say.
misdeed() {
  order "$1" "$1"
  printf '%s %s\n' "$1" "$2" >>"$scratch/misdeeds"
}
# beside ID: a job that the hostile plugin is not to touch, one for every few misdeeds.
beside() {
  jq -n --arg id "$1" '{id: $id, type: "storyboard", params: {resolution: "480p", storyboard: {scenes: [
    {index: 1, visual: "a paper boat", duration: 1}]}, brief: {resolution: "480p", audio_mode: "music_only"}}}' | drop "$1"
}
beside beside-1
if [ -z "$sanitized" ]; then
  misdeed segfault 'crashed twice on the same request: it was ended by signal 11'
  misdeed abort 'crashed twice on the same request: it was ended by signal 6'
  misdeed eat-memory 'bad_alloc'
else
  misdeed segfault 'crashed twice on the same request'
  misdeed abort 'crashed twice on the same request'
fi
misdeed exit 'exited with status 0'
misdeed loop 'gave no answer within 10000 ms'
misdeed sleep 'gave no answer within 10000 ms'
misdeed close-descriptors 'crashed twice'
misdeed write-to-the-socket 'wrote rubbish to its socket'
beside beside-2
misdeed throw 'thrown by hostile'
misdeed answer-too-much 'it answered 100000040 bytes; at most 1048576'
misdeed lie-about-the-size 'at most 1048576 are allowed'
misdeed bad-utf8 'it answered no JSON'
misdeed remember-too-much 'a state of 100002 bytes'
misdeed fork-bomb 'forked 0 times, then: Operation not permitted'
beside beside-3
misdeed sockets 'sockets: Operation not permitted Operation not permitted Operation not permitted Operation not permitted'
misdeed passwd '/etc/passwd: Operation not permitted /etc/hostname: Operation not permitted'
misdeed environment 'environment: /proc/self/environ: Operation not permitted'
misdeed write-files 'files: Operation not permitted Operation not permitted Operation not permitted'
misdeed kill-the-worker 'kill: Operation not permitted'
misdeed print 'printed a lot'
beside beside-4
misdeed ask-for-passwd '/etc/passwd'
misdeed ask-for-a-program 'asked for the script "finish", which its manifest does not list'
misdeed name-a-foreign-output '/etc/passwd'

while read -r id pattern; do
  until_true 300 has_ended "$id"
  has_status "$id" failed || fail "$id is $(status_of "$id")"
  error=$(jq -r --arg id "$id" '.jobs[] | select(.id == $id) | .error' "$data/jobs.json")
  printf '%s\n' "$error" | grep -qF -- "$pattern" || fail "$id: nothing is said of '$pattern': $error"
  "$reelspool" show "$id" --json >"$scratch/shown"
  grep -q hostile "$scratch/shown" || fail "$id does not name the plugin: $(cat "$scratch/shown")"
  kill -0 "$worker" 2>/dev/null || fail "the worker died of $id"
done <"$scratch/misdeeds"
for number in 1 2 3 4; do until_true 300 has_status "beside-$number" "done"; done

# Replaced while a request is under way: written over in place, as `cp` does. What is mapped is a copy.
order replaced sleep
begun() { "$reelspool" show replaced --json | grep -q misdeed; }
until_true 60 begun
cp "$plugins/early-print.so" "$data/plugins/hostile.so"
until_true 60 has_ended replaced
jq -r '.jobs[] | select(.id == "replaced") | .error' "$data/jobs.json" | grep -q 'gave no answer within' ||
  fail "replaced: $(jq -r '.jobs[] | select(.id == "replaced") | .error' "$data/jobs.json")"

# While they are loaded: each is described in its box, or complained of by name, and hinders nobody.
for library in "$plugins"/early-*.so "$plugins/nothing.so" "$plugins/future.so"; do cp "$library" "$data/plugins/"; done
rm "$data/plugins/hostile.so"
[ -z "$sanitized" ] || rm "$data/plugins/early-eat-memory.so"
for name in segfault abort exit sleep close-descriptors write-to-the-socket eat-memory; do
  [ -e "$data/plugins/early-$name.so" ] || continue
  until_true 240 grep -q "early-$name.so" "$scratch/worker.log"
done
until_true 30 grep -q 'no symbol reelspool_provider' "$scratch/worker.log"
until_true 30 grep -q 'plugin ABI 99' "$scratch/worker.log"
kill -0 "$worker" 2>/dev/null || fail "the worker died of a constructor"
"$reelspool" plugin list --json >"$scratch/list" 2>"$scratch/complaints" || fail "plugin list"
# saw NAME PATTERN: what a constructor got hold of it writes into its version.
saw() {
  version=$(jq -r --arg name "early-$1" '.[] | select(.name == $name) | .version' "$scratch/list")
  printf '%s\n' "$version" | grep -q -- "$2" || fail "the constructor of $1 saw: $version"
  ! printf '%s\n' "$version" | grep -q 'got ' || fail "the constructor of $1 got hold of something: $version"
}
saw fork-bomb 'forked 0 times'
saw sockets 'sockets: Operation not permitted'
saw passwd '/etc/passwd: Permission denied'
saw environment 'environment: /proc/self/environ: Permission denied'
saw write-files 'files: '
saw kill-the-worker 'kill: Operation not permitted'
beside afterwards
until_true 300 has_status afterwards 'done'
stop_worker TERM
[ "$ended" -eq 0 ] || fail "the worker ended with $ended"

# The canary, as it is and as others would write it, forwards and backwards; of base64 what its three alignments share with any
# text around it.
hex() { od -An -tx1 | tr -d ' \n'; }
{
  printf '%s\n' "$canary"
  for shift in '' x xx; do printf '%s%s' "$shift" "$canary" | base64 | cut -c5-20; done
  printf '%s' "$canary" | hex && echo
  printf '%s' "$canary" | hex | tr a-f A-F && echo
  printf '%s' "$canary" | jq -sRr @uri
} >"$scratch.words"
rev <"$scratch.words" >"$scratch.sdrow"
for shift in '' x xx; do printf '%s%s' "$shift" "$canary" | rev | base64 | cut -c5-20; done >>"$scratch.sdrow"
cat "$scratch.sdrow" >>"$scratch.words"
found=$(find "$data" "$scratch/worker.log" "$scratch/list" "$scratch/complaints" "$scratch/shown" -type f -exec grep -laF -f "$scratch.words" {} +)
rm "$scratch.words" "$scratch.sdrow"
[ -z "$found" ] || fail "the canary is in $found"
# Where the kernel puts cores: beside the process, or where its pattern says; a program that is given them has none to be seen.
case $(cat /proc/sys/kernel/core_pattern) in
  '|'*) cores='' ;;
  /*) cores=$(find "$(dirname "$(cat /proc/sys/kernel/core_pattern)")" -maxdepth 1 -type f -name '*core*' -newer "$scratch/misdeeds") ;;
  *) cores=$(find . "$data" -maxdepth 6 -type f -name 'core*' -newer "$scratch/misdeeds") ;;
esac
[ -z "$cores" ] || fail "a core was left: $cores"
[ ! -e "$data/escaped.png" ] || fail "a file got out of its folder"
