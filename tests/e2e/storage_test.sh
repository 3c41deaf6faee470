#!/bin/sh
# storage_test.sh PROGRAM: finished videos go to a server that does what S3 does and checks every signature with Amazon's own code
# (s3_server.py). Exit status 77: skipped, python3-botocore is not installed.
# shellcheck disable=SC2154 # lib.sh sets scratch, data and reelspool
. "$(dirname "$0")/lib.sh"
python3 -c 'import botocore' 2>/dev/null || {
  echo "skipped: there is no python3-botocore"
  exit 77
}

s3=''
trap '[ -z "$s3" ] || kill -9 "$s3" 2>/dev/null; stop_worker KILL; rm -rf "$scratch"' EXIT
mkdir "$scratch/s3"
python3 "$here/s3_server.py" "$scratch/s3" films >"$scratch/port" 2>"$scratch/s3.log" &
s3=$!
until_true 30 test -s "$scratch/port"
port=$(cat "$scratch/port")

export S3_ENDPOINT="http://127.0.0.1:$port" HTTP_ALLOWED_HOSTS="127.0.0.1:$port" S3_BUCKET=films
export S3_ACCESS_KEY_ID=key-of-the-house S3_SECRET_ACCESS_KEY=secret-of-the-house S3_REGION=eu-central-1
field() { jq -r --arg id "$1" --arg name "$2" '[.jobs[] | select(.id == $id)][0][$name] // "" | tostring' "$data/jobs.json"; }
answer() { curl -s -o "$scratch/fetched" -w '%{http_code}' "$1"; }

start_worker
job signed "Ready to be shown to all." | drop signed
until_true 120 has_status signed 'done'
url=$(field signed videoUrl)
case $url in "$S3_ENDPOINT/films/renders/signed_final.mp4?"*) ;; *) fail "the video is not in the bucket: $url" ;; esac
[ "$(answer "$url")" = 200 ] || fail "the video's URL does not work: $url"
cmp -s "$scratch/fetched" "$data/jobs/signed/final.mp4" || fail "what is in the bucket is not the video"
[ "$(answer "$(field signed thumbnailUrl)")" = 200 ] || fail "the thumbnail's URL does not work"
cmp -s "$scratch/fetched" "$data/jobs/signed/thumbnail.jpg" || fail "what is in the bucket is not the thumbnail"
week=$(date -u -d '+7 days -5 minutes' +%s)
[ "$(date -d "$(field signed videoUrlExpiresAt)" +%s)" -gt "$week" ] || fail "it expires at $(field signed videoUrlExpiresAt)"
case $url in *0) forged=${url%?}1 ;; *) forged=${url%?}0 ;; esac
[ "$(answer "$forged")" = 403 ] || fail "a forged signature was taken: the server proves nothing"
[ "$(answer "${url%%\?*}")" = 403 ] || fail "the video is there for everybody: the server proves nothing"
grep -qF "$url" "$data/jobs/signed/assets.json" || fail "assets.json does not know where the video is"
stop_worker

# A wrong secret costs the upload and nothing else.
S3_SECRET_ACCESS_KEY=wrong-secret-of-the-house
start_worker
job denied "Nobody lets me in." | drop denied
until_true 120 has_status denied failed
field denied error | grep -q 'storage-s3: .*retrying the job only uploads it again' || fail "it says: $(field denied error)"
[ "$(field denied errorInfo | jq -r .class)" = auth ] || fail "it is classed: $(field denied errorInfo)"
stop_worker
! grep -rqF wrong-secret-of-the-house "$data" "$scratch/worker.log" || fail "the secret is in a file"
S3_SECRET_ACCESS_KEY=secret-of-the-house
before=$(stat -c %Y.%s "$data/jobs/denied/clip_0.mp4")
start_worker
"$reelspool" retry denied >"$scratch/retry.out" 2>&1 || fail "retry: $(cat "$scratch/retry.out")"
until_true 60 has_status denied 'done'
[ "$(stat -c %Y.%s "$data/jobs/denied/clip_0.mp4")" = "$before" ] || fail "the video was made again"

# Killed while the server holds the upload up; and a URL that ends after a second.
stop_worker
export S3_URL_SECONDS=1
touch "$scratch/s3/hold"
start_worker
is_uploading() { [ "$(field held stage)" = uploading ]; }
job held "Hold on to me, will you?" | drop held
until_true 120 is_uploading
stop_worker KILL
start_worker
until_true 60 has_status held running
rm "$scratch/s3/hold"
until_true 60 has_status held 'done'
cmp -s "$data/jobs/held/final.mp4" "$scratch/s3/renders__held_final.mp4" || fail "it is not whole in the bucket"
is_over() { [ "$(answer "$(field held videoUrl)")" = 403 ]; }
until_true 20 is_over
! grep -rqF secret-of-the-house "$data" "$scratch/worker.log" || fail "the secret is in a file"
