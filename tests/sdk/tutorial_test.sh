#!/bin/sh
# tutorial_test.sh BUILD-FOLDER
# plugins/sdk/README.md, followed to the letter: every program and file on that page, in order, with what is installed and nothing else.
. "$(dirname "$0")/lib.sh"
page=$prefix/share/doc/reelspool/sdk/README.md
mkdir "$scratch/steps" "$scratch/reader"

# Numbered files: N-run, N-prints (a text), and N-file with its name on the first line.
awk -v folder="$scratch/steps" '
  /^<!-- (run|file|prints).* -->$/ {
    what = $2; sub(":", "", what)
    value = $0; sub(/^<!-- [a-z]*:? */, "", value); sub(/ -->$/, "", value)
    path = sprintf("%s/%02d-%s", folder, ++count, what)
    if (what != "run") print value > path
    if (what == "prints") { close(path); path = "" }
    next
  }
  /^```/ && path != "" { if (open) { close(path); path = ""; open = 0 } else open = 1; next }
  open { print > path }' "$page"
[ "$(find "$scratch/steps" -type f | wc -l)" -ge 10 ] || fail "only so many steps on the page: $(ls "$scratch/steps")"

cd "$scratch/reader" || exit 1
for step in "$scratch"/steps/*; do
  case $step in
    *-run)
      # In this shell, as the reader types it: `cd` and `export` last.
      # shellcheck source=/dev/null
      { set -e; . "$step"; set +e; } >"$scratch/log" 2>&1 || fail "the page's $(cat "$step")"
      cp "$scratch/log" "$scratch/printed"
      ;;
    *-file) tail -n +2 "$step" >"$(head -n 1 "$step")" || fail "$step" ;;
    *-prints) grep -qF -- "$(cat "$step")" "$scratch/printed" || fail "nothing is printed of $(cat "$step")" ;;
  esac
done
! grep -q 'the next one is asked' "$scratch/printed" || fail "sunset did not make the picture"
[ -s "$DATA_DIR/jobs/first-light/final.mp4" ] || fail "there is no video"
# Its colours are the night's, not the evening's.
color=$(ffmpeg -v error -i "$DATA_DIR/jobs/first-light/final.mp4" -frames:v 1 -vf scale=1:1 -f rawvideo -pix_fmt rgb24 - | od -An -tu1)
# shellcheck disable=SC2086  # three numbers
set -- $color
if [ "$1" -ge 80 ] || [ "$3" -le "$1" ]; then fail "the first frame's colour is $color"; fi
