# shellcheck shell=sh disable=SC2034,SC2154  # variables are set and used by lib.sh and the scripts
# tools.sh - the project's own programs, for a script. Sourced after lib.sh:  . "$(dirname "$0")/tools.sh"

# find_tool NAME: leaves the program's path in $tool, or nothing there when it is not installed. It is looked for in
# $REELSPOOL_LIBEXEC, then where an installation has it: scripts in share/reelspool/ffmpeg-scripts, programs in
# libexec/reelspool. The steps up are taken by name: in a build tree the folder of scripts is a link.
find_tool() {
  tool=
  here=$(absolute "$0")
  here=${here%/*}
  for folder in "${REELSPOOL_LIBEXEC:-}" "${here%/share/reelspool/*}/libexec/reelspool"; do
    if [ -n "$folder" ] && [ -x "$folder/$1" ]; then
      tool=$folder/$1
      return
    fi
  done
}

# need_tool NAME: the same, or the end of the script.
need_tool() {
  find_tool "$1"
  [ -n "$tool" ] || die "the program $1 is missing; set REELSPOOL_LIBEXEC to the folder that has it"
}

# run_tool ARGUMENT...: runs $tool after open_output; what it printed is left in $said. When it fails the script ends with
# its exit status and its last line. With total_us set, and descriptor 3 open, its progress goes there.
run_tool() {
  if [ -n "$total_us" ] && (true >&3) 2>/dev/null; then
    printf 'total_us=%s\n' "$total_us" >&3
    set -- "$@" --progress
  fi
  said=$("$tool" "$@" 2>"$work/complaint") && return
  status=$?
  line=$(tail -n 1 "$work/complaint")
  die "${line#*: }" $status
}

# level_sound FILE LUFS PEAK: writes FILE to $part as 16-bit PCM of 48 kHz, brought to a loudness by one gain, as far as its
# true peak allows. Sounds shorter than the meter's 400 ms have no loudness: their peak alone decides.
level_sound() {
  measure_loudness "$1"
  gain=$(awk -v lufs="$lufs" -v peak="$peak_dbtp" -v target="$2" -v ceiling="$3" 'BEGIN {
    gain = ceiling - peak
    if (lufs != "-inf" && target - lufs < gain) gain = target - lufs
    printf "%.3f", gain }')
  run_ffmpeg -i "file:$1" -af "volume=${gain}dB,aresample=48000:filter_size=64" -ar 48000 -c:a pcm_s16le -f wav "file:$part"
}
