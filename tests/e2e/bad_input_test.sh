#!/bin/sh
# Bad input fails alone, with a message that names the field, while a good job beside it is made. Text that is only odd works.
. "$(dirname "$0")/lib.sh"

scenes() { jq -n --argjson scenes "$1" '{type: "storyboard", params: {resolution: "480p", storyboard: {scenes: $scenes}}}'; }
# bad ID FIELD: drops the job that it reads, which is to fail with FIELD in its error.
bad() {
  jq --arg id "$1" '. + {id: $id}' | drop "$1"
  echo "$1 $2" >>"$scratch/bad"
}

scenes '[]' | bad no-scenes scenes
jq -n '{type: "storyboard", params: {}}' | bad no-storyboard storyboard
scenes '[{"index": 1, "spoken_text": "One."}, {"index": 2, "role": "hook"}]' | bad empty-scene 'scenes\[1\]'
jq -n '{type: "storyboard", params: {storyboard: {scenes: [range(10000) | {visual: "sky", spoken_text: "Sky."}]}}}' | bad too-many scenes
scenes '"three"' | bad scenes-are-text scenes
scenes '[{"visual": 7, "spoken_text": ["a"]}]' | bad wrong-type 'scenes\[0\]'
jq -n '{type: "hologram", params: {}}' | bad unknown-type hologram
scenes '[{"visual": "x", "spoken_text": "Hello.", "images": ["/etc/passwd"]}]' | bad outside 'images'
scenes '[{"visual": "x", "spoken_text": "Hello.", "images": ["../../../../etc/passwd"]}]' | bad climbing 'images'
scenes '[{"visual": "x", "spoken_text": "Hello.", "language": "tlh-Piqd"}]' | bad no-voice 'language'
jq -n '{type: "storyboard", params: {storyboard: {scenes: [{visual: "x", spoken_text: "Kawi: \ud807\udf04\ud807\udf05."}]}}}' | bad no-font 'spoken_text'

# shellcheck disable=SC2016  # what looks like an expansion is text
odd='He said: "it'\''s {100%} \\N sure" & <b>, $(id) `id` ; '\''%d'\'' [x] \\ : ,'
job good "A good job beside them." | drop good
job odd "$odd
and a second line." | drop odd
# shellcheck disable=SC2016
job templated '{\pos(0,0)}%{eif:1} ${HOME} text' | drop templated

start_worker
while read -r id field; do
  until_true 240 has_ended "$id"
  has_status "$id" failed || fail "$id is $(status_of "$id")"
  error=$(jq -r --arg id "$id" '.jobs[] | select(.id == $id) | .error' "$data/jobs.json")
  printf '%s\n' "$error" | grep -q "$field" || fail "$id: the message does not name $field: $error"
  attempts=$(jq -r --arg id "$id" '.jobs[] | select(.id == $id) | .attempt' "$data/jobs.json")
  [ "$attempts" -le 1 ] || fail "$id was tried $attempts times"
  [ ! -e "$data/jobs/$id/final.mp4" ] || fail "$id has a video"
done <"$scratch/bad"
for id in good odd templated; do
  until_true 240 has_ended "$id"
  has_status "$id" 'done' || fail "$id is $(status_of "$id"): $(jq -r --arg id "$id" '.jobs[] | select(.id == $id) | .error' "$data/jobs.json")"
  [ -s "$data/jobs/$id/final.mp4" ] || fail "$id has no video"
done

# What is no job at all is set aside with its reason, and harms nobody.
mkdir -p "$data/inbox"
echo '{"id": "torn", "type": ' >"$data/inbox/.t" && mv "$data/inbox/.t" "$data/inbox/torn.json"
until_true 60 test -f "$data/inbox/rejected/torn.json"
job last "And one more." | drop last
until_true 240 has_status last 'done'
kill -0 "$worker" || fail "the worker is gone"
