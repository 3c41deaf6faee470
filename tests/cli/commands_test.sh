#!/bin/sh
# The commands that need no worker: what they print, and the exit statuses that README.md promises.
set -eu
reelspool=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
export DATA_DIR="$scratch/data"

fail() { echo "FAILED: $*"; exit 1; }
# expect STATUS COMMAND...: runs it, keeps its output in `out` and its complaint in `err`.
expect() {
  expected=$1
  shift
  status=0
  "$@" >out 2>err || status=$?
  [ "$status" = "$expected" ] || fail "$* exited with $status instead of $expected: $(cat out err)"
}
said() { grep -q -- "$1" out err || fail "nothing said of '$1': $(cat out err)"; }

expect 0 "$reelspool" --version
expect 64 "$reelspool"
expect 64 "$reelspool" frobnicate
said "there is no command 'frobnicate'"
expect 64 "$reelspool" list --frobnicate
expect 0 "$reelspool" list
said 'No jobs'
expect 3 "$reelspool" show nobody
said 'nobody'
# shellcheck disable=SC2016  # for the inner shell
expect 1 sh -c '"$0" list >/dev/full' "$reelspool"
said 'writing to standard output'

echo '{"id": "a-1", "type": "storyboard", "params": {"price": 1.10}}' >a.json
expect 0 "$reelspool" submit a.json
said 'a-1'
expect 0 "$reelspool" submit a.json
said 'known already'
expect 0 "$reelspool" list --json
[ "$(jq -r '.[0].id + .[0].status' out)" = a-1pending ] || fail "list --json: $(cat out)"
grep -q '1\.10' data/jobs.json || fail "1.10 was not kept as it came: $(cat data/jobs.json)"
expect 0 "$reelspool" stats --json
[ "$(jq .total out)" = 1 ] || fail "stats: $(cat out)"
expect 1 "$reelspool" retry a-1
said "job 'a-1' is pending; only a failed or cancelled one"
expect 0 "$reelspool" cancel a-1
expect 4 "$reelspool" watch a-1
said 'cancelled'
[ "$(jq -r '.jobs[0].status' data/jobs.json)" = cancelled ] || fail "jobs.json: $(cat data/jobs.json)"
expect 0 "$reelspool" retry a-1
[ "$("$reelspool" show a-1 --json | jq -r .status)" = pending ] || fail "a retried job is not pending"
expect 1 "$reelspool" remove a-1
expect 0 "$reelspool" cancel a-1
expect 0 "$reelspool" remove a-1
expect 3 "$reelspool" show a-1
echo '{"id": "b-1", "type": "storyboard", "params": {}}' >b.json
echo '{"id": "b-2", "type": "storyboard", "params": {"apiKey": "hush"}, "dependsOn": ["b-1"]}' >b2.json
for file in b.json b2.json; do expect 0 "$reelspool" submit $file; done
expect 0 "$reelspool" cancel b-1
expect 0 "$reelspool" stats
said 'b-2 (storyboard'
! grep -q hush out || fail "a secret in stats: $(cat out)"
expect 0 "$reelspool" retry b-1
expect 0 "$reelspool" retry --failed
said 'b-2: pending again'
expect 0 "$reelspool" retry --failed
said 'No job has failed'
expect 64 "$reelspool" retry
expect 64 "$reelspool" remove b-1 --failed
expect 0 "$reelspool" cancel b-1
expect 0 "$reelspool" remove --failed
said 'b-2: removed'
grep -q '"id":"b-2"' data/archive-*.jsonl || fail "not in the archive: $(cat data/archive-*.jsonl)"

expect 0 "$reelspool" pause
[ "$("$reelspool" stats --json | jq .paused)" = true ] || fail "not paused"
expect 0 "$reelspool" resume
[ "$("$reelspool" stats --json | jq .paused)" = false ] || fail "not resumed"
expect 0 "$reelspool" drain
said 'nothing runs'
expect 0 "$reelspool" resume
expect 0 "$reelspool" recover
said 'No dead worker'
expect 0 "$reelspool" recover --force nobody
said 'nobody runs no job'
echo '{"type": "storyboard"' >broken.json
expect 1 "$reelspool" submit broken.json
said 'broken.json: not valid JSON'

# What a job says reaches the operator's terminal as text.
printf '{"id": "esc", "type": "a\\u001b[2Jb"}' >esc.json
expect 0 "$reelspool" submit esc.json
expect 0 "$reelspool" list
said 'a.x1b.2Jb'
expect 0 "$reelspool" show esc
said 'a.x1b.2Jb'
expect 0 "$reelspool" cancel esc

expect 0 "$reelspool" doctor --json
[ "$(jq -r '.[] | select(.subject == "plugins") | .level' out)" = ok ] || fail "doctor said nothing of plugins: $(cat out)"
mkdir -p data/plugins && echo 'no library' >data/plugins/odd.so
expect 78 env IMAGE_PROVIDER=nobodys "$reelspool" doctor
said 'IMAGE_PROVIDER names "nobodys"'
said 'odd.so'
rm data/plugins/odd.so

# A reader of the log that goes away (a supervisor's, `| head`) does not take the worker with it.
mkfifo log
"$reelspool" worker >log 2>&1 &
worker=$!
exec 3<log
exec 3<&-
echo '{"id": "a-2", "type": "nothing"}' >a-2.json
expect 0 "$reelspool" submit a-2.json
expect 1 "$reelspool" watch a-2
kill -TERM "$worker"
wait "$worker" || fail "a worker whose log nobody reads ended with $?"

# With its standard descriptors closed it logged into whatever file of the store got their numbers.
"$reelspool" worker --log-level debug <&- >&- 2>&- &
worker=$!
echo '{"id": "a-3", "type": "nothing"}' >a-3.json
expect 0 "$reelspool" submit a-3.json
expect 1 "$reelspool" watch a-3
kill -TERM "$worker"
wait "$worker" || fail "a worker without standard descriptors ended with $?"
! grep -rqs 'worker started' data || fail "the log is in a file of the store: $(grep -rs 'worker started' data)"

expect 78 env MAX_ATTEMPTS=many "$reelspool" list
said 'MAX_ATTEMPTS (environment)'
expect 78 "$reelspool" list --max-attempts 0
said 'must be from 1 to 100'
expect 78 env MAX_ATEMPTS=3 "$reelspool" list
said 'did you mean MAX_ATTEMPTS'
expect 78 env START_LIMITS=clip:3 "$reelspool" worker
said "START_LIMITS: 'clip:3' is no limit"
expect 78 env PROVIDER_LIMITS='fal=10, openai=60/0s' "$reelspool" worker
said "PROVIDER_LIMITS: 'openai=60/0s' is no limit"
expect 0 "$reelspool" config --json
[ "$(jq -r '.[] | select(.name == "DATA_DIR") | .source' out)" = environment ] || fail "config: $(cat out)"
echo "all as documented"
