# shellcheck shell=sh
# tools.sh - finds the project's own programs for a script. Sourced after lib.sh:  . "$(dirname "$0")/tools.sh"

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
