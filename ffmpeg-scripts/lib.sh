# shellcheck shell=sh disable=SC2034,SC2015,SC2086
# SC2034: the variables are for the scripts. SC2015: `a && b || die` is meant. SC2086: $foreign is several words.
# lib.sh - what the scripts of this folder share. Sourced, never run:  . "$(dirname "$0")/lib.sh"
#
# A script reads its options in one loop, opens its output, runs ffmpeg, and publishes the output:
#
#     . "$(dirname "$0")/lib.sh"
#     start "$@"                               # answers --help; checks that ffmpeg and ffprobe are there
#     while [ $# -gt 0 ]; do
#       need_value "$@"                        # exit 2 when the option is the last word
#       case $1 in
#         --in) in=$2 ;;
#         --out) out=$2 ;;
#         *) unknown_option "$1" ;;
#       esac
#       shift 2
#     done
#     readable_file --in "$in"; in=$file       # exit 2 unless it can be read; $file is its absolute name
#     open_output "$out"                       # $part: write here;  $work: a private folder beside it
#     run_ffmpeg $foreign -i "file:$in" ... "file:$part"
#     publish_output                           # synced, then renamed to $out
#
# Exit statuses of every script: 0 it is made; 2 an option is wrong; 28 the disk is full; 255 ffmpeg was interrupted;
# 128+n ended by signal n; 1 anything else. Failures end with one line on stderr, "name: reason". Whatever the end,
# the output is whole or not there, and no temporary file is left (but after SIGKILL: names `.reelspool-PID.*`).
#
# Progress: when descriptor 3 is open, `total_us=N` (if total_us is set) and ffmpeg's own -progress blocks go there.

set -u
LC_ALL=C.UTF-8 # awk and printf with a decimal point, text in UTF-8
export LC_ALL

# How a file that is not ours is opened: with nothing but files, and as media. A playlist that calls itself a video would read
# other files.
foreign='-protocol_whitelist file,pipe -format_whitelist mov,matroska,avi,mpegts,mpeg,mpegvideo,flv,asf,mxf,dv,gif,apng,wav,w64,aiff,au,caf,mp3,flac,mjpeg,ogg,aac,ac3,eac3,amr,nut,png_pipe,jpeg_pipe,jpegls_pipe,j2k_pipe,webp_pipe,bmp_pipe,tiff_pipe,psd_pipe,tga_pipe,exr_pipe,dpx_pipe'

script=${0##*/}
total_us=
work=
part=

# Ends the script: `die "reason"` or `die "reason" STATUS`. Whatever failed, a full disk is the reason if it is full: the
# programs that stumble over it each say so in their own way, or not at all.
die() {
  if [ "${2:-1}" -eq 1 ] && [ -n "$work" ]; then
    case $(dd if=/dev/zero of="$work/room" bs=65536 count=1 2>&1) in
      *'No space left on device'*) die "the disk is full" 28 ;;
    esac
  fi
  printf '%s: %s\n' "$script" "$1" >&2
  exit "${2:-1}"
}
bad() { die "$1 (see $script --help)" 2; }
unknown_option() { bad "unknown option $1"; }
need_value() { [ $# -ge 2 ] || bad "$1 needs a value"; }

# Answers --help with the comment at the head of the script, and checks for the programs that it needs:
# ffmpeg and ffprobe, and what `needs` names ("needs=espeak-ng" before start).
start() {
  for word in "$@"; do
    if [ "$word" = --help ]; then
      awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); print }' "$0"
      exit 0
    fi
  done
  for program in ffmpeg ffprobe ${needs:-}; do
    command -v "$program" >/dev/null || die "the program $program is missing; install the package that has it"
  done
}

# whole NAME VALUE LOW HIGH: exit 2 unless VALUE is a whole number from LOW to HIGH.
whole() {
  case $2 in
    '' | *[!0-9]* | ???????????*) bad "$1 must be a whole number from $3 to $4, not '$2'" ;;
  esac
  { [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; } || bad "$1 must be a whole number from $3 to $4, not $2"
}

# whole_rate FPS: exit 2 unless a frame is a whole number of ticks of 1/90000 s, the clock of all our videos.
whole_rate() {
  whole --fps "$1" 1 120
  [ $((90000 % $1)) -eq 0 ] || bad "--fps must divide 90000 (as 24, 25, 30, 50 and 60 do), not $1"
}

# number NAME VALUE LOW HIGH: exit 2 unless VALUE is a decimal number from LOW to HIGH.
number() {
  printf '%s\n' "$2" | awk -v low="$3" -v high="$4" '
    NR == 1 { good = /^-?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][-+]?[0-9]+)?$/ && $0 + 0 >= low && $0 + 0 <= high }
    END { exit !(good && NR == 1) }' || bad "$1 must be a number from $3 to $4, not '$2'"
}

# one_of NAME VALUE CHOICE...: exit 2 unless VALUE is among the choices.
one_of() {
  one_of_name=$1 one_of_value=$2
  shift 2
  for word in "$@"; do [ "$word" = "$one_of_value" ] && return 0; done
  bad "$one_of_name must be one of: $*; not '$one_of_value'"
}

# calc EXPRESSION...: arithmetic on numbers that were checked before.
calc() { awk "BEGIN { printf \"%.9g\", ($*) }" </dev/null; }

# absolute NAME: prints it, made absolute without following links.
absolute() {
  case $1 in
    /*) printf '%s' "$1" ;;
    *) printf '%s/%s' "$PWD" "$1" ;;
  esac
}

# readable_file OPTION NAME: exit 2 unless NAME is a file that can be read; leaves its absolute name in $file.
readable_file() {
  [ -n "$2" ] || bad "$1 is missing"
  [ -f "$2" ] || bad "$1: there is no file $2"
  [ -r "$2" ] || bad "$1: $2 cannot be read"
  file=$(absolute "$2")
}

# open_output NAME: $out absolute, $work a private folder beside it, $part the name to write to.
# Both are in the output's own folder, so that the rename stays within one file system.
open_output() {
  [ -n "$1" ] || bad "--out is missing"
  out=$(absolute "$1")
  [ -d "${out%/*}/" ] || bad "--out: there is no folder ${out%/*}"
  [ ! -d "$out" ] || bad "--out: $out is a folder"
  open_work "${out%/*}"
}

# open_work FOLDER: $work and $part there, removed at the end. For scripts that only measure: open_work "${TMPDIR:-/tmp}"
open_work() {
  trap clean_up EXIT
  trap 'end_by INT' INT
  trap 'end_by TERM' TERM
  trap 'end_by HUP' HUP
  work=$1/.reelspool-$$.work
  part=$1/.reelspool-$$.part
  reason=$(mkdir "$work" 2>&1) || case $reason in
    *"No space left on device"*) die "the disk is full" 28 ;;
    *) die "cannot write in $1: ${reason##*: }" ;;
  esac
}

clean_up() {
  [ -z "$work" ] || rm -rf "$work" "$part"
}

# A parent that waits must see that a signal ended us, not an exit status that only looks like it.
end_by() {
  clean_up
  trap - EXIT "$1"
  kill -"$1" $$
}

# publish_output: the bytes are on the disk before the name points at them; readers see the old file or the new one.
publish_output() {
  complaint=$(sync "$part" 2>&1 && mv -f "$part" "$out" 2>&1) || die "cannot write $out: ${complaint##*: }"
}

# fail_writing NAME: ends the script after a file could not be written.
fail_writing() { die "cannot write $1"; }

# run_ffmpeg ARGUMENT...: ffmpeg, quiet but for warnings, that stops at the first error in what it decodes (without
# -xerror a file cut short ends with status 0 and a quarter of a second of video). Its stderr is left in $complaint: in
# memory, because the disk may be what it complains about. With total_us set, and descriptor 3 open, its progress goes there.
run_ffmpeg() {
  if [ -n "$total_us" ] && (true >&3) 2>/dev/null; then
    printf 'total_us=%s\n' "$total_us" >&3
    set -- -progress pipe:3 -stats_period 0.5 "$@"
  fi
  { complaint=$(ffmpeg -nostdin -hide_banner -y -nostats -v warning -xerror "$@" 2>&1 >&4); } 4>&1 || fail_ffmpeg $?
}

# fail_ffmpeg STATUS: ends the script with ffmpeg's own stderr and a last line that a person understands.
fail_ffmpeg() {
  printf '%s\n' "$complaint" | tail -c 32768 >&2
  if [ "$1" -eq 255 ]; then die "ffmpeg was interrupted" 255; fi
  if [ "$1" -gt 128 ]; then die "ffmpeg was ended by signal $(($1 - 128)); if nobody sent it, memory ran out" "$1"; fi
  list=$(printf '%s\n' "$complaint" | sed -n 's/^\[\([a-z0-9_]*\) .*Format not on whitelist.*/\1/p' | head -n 1)
  [ -z "$list" ] || die "ffmpeg: a file is no media itself but names others ($list), which are not opened"
  # Known texts first: ffmpeg's own last line is often only "Conversion failed!".
  for text in 'No space left on device' 'moov atom not found' 'Invalid data found when processing input' \
    'Cannot allocate memory' 'No such filter' 'Unknown encoder' 'does not contain any stream' 'matches no streams' \
    'Permission denied'; do
    line=$(printf '%s\n' "$complaint" | grep -F "$text" | head -n 1)
    [ -z "$line" ] || die "ffmpeg: $line"
  done
  line=$(printf '%s\n' "$complaint" | grep -v -e '^Conversion failed!$' -e '^ *$' | tail -n 1)
  die "ffmpeg failed with status $1${line:+: $line}"
}

# ask_ffprobe ARGUMENT...: what ffprobe prints. Used as  x=$(ask_ffprobe ...) || exit  since `die` in a command
# substitution ends only that.
ask_ffprobe() {
  { complaint=$(ffprobe -hide_banner -v error $foreign "$@" 2>&1 >&4); } 4>&1 || fail_ffmpeg $?
}

# check_whole FILE STREAM: ends the script when a file has fewer packets than its index names. A file that was cut between
# two packets decodes without an error. (An index of PCM counts samples, of which a packet has many.)
check_whole() {
  packets=$(ask_ffprobe -select_streams "$2" -count_packets -show_entries stream=codec_name,nb_frames,nb_read_packets -of default=nw=1 "file:$1") || exit
  case $packets in *codec_name=pcm_*) return 0 ;; esac
  named=$(printf '%s\n' "$packets" | sed -n 's/^nb_frames=\([0-9]\{1,\}\)$/\1/p' | head -n 1)
  found=$(printf '%s\n' "$packets" | sed -n 's/^nb_read_packets=//p' | head -n 1)
  [ "${named:-$found}" = "$found" ] || die "$1 is cut short: it has $found of $named packets"
}

# measure_loudness FILE: sets $lufs (integrated, EBU R 128; "-inf" for silence), $peak_dbtp (true peak) and $range_lu.
# loudnorm rather than ebur128 measures, because it prints hundredths; it upsamples to 192 kHz to find the true peak.
# `aformat` first: a mono WAV without a channel layout otherwise fails with "Cannot select channel layout".
measure_loudness() {
  run_ffmpeg -v info $foreign -i "file:$1" -map 0:a:0 \
    -af 'aformat=channel_layouts=stereo,loudnorm=print_format=json' -f null -
  lufs=$(loudnorm_field input_i)
  peak_dbtp=$(loudnorm_field input_tp)
  range_lu=$(loudnorm_field input_lra)
  [ -n "$lufs" ] && [ -n "$peak_dbtp" ] || die "ffmpeg's loudnorm filter gave no measurement"
  # Below the meter's gate (-70) there is nothing to level: room noise is treated as the silence it is meant to be.
  case $lufs in
    -inf | -[7-9][0-9].* | -1[0-9][0-9].*) lufs=-inf ;;
  esac
}
loudnorm_field() { printf '%s\n' "$complaint" | sed -n 's/^[[:space:]]*"'"$1"'" : "\(.*\)",*$/\1/p' | tail -n 1; }

# json_number VALUE: prints it, or null where a measurement is infinite.
json_number() {
  case $1 in
    '' | *inf* | *nan*) printf null ;;
    *) printf '%s' "$1" ;;
  esac
}
