# shellcheck shell=sh disable=SC2034
# lib.sh - what the tests of the installed SDK share. Sourced with the build folder as the test's first argument. It installs that
# build into $prefix, and puts the program and the SDK where a user's shell finds them.
set -u
build=$1
sources=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d "${TMPDIR:-/tmp}/reelspool-sdk.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
prefix=$scratch/prefix
export DATA_DIR="$scratch/data" VIDEO_PRESET=ultrafast LOG_FORMAT=json

fail() {
  echo "FAILED: $*"
  [ ! -s "$scratch/log" ] || tail -n 40 "$scratch/log"
  exit 1
}
# quietly COMMAND...: its output is shown only when it fails.
quietly() { "$@" >"$scratch/log" 2>&1 || fail "$* ended with $?"; }

quietly cmake --install "$build" --prefix "$prefix"
PATH=$prefix/bin:$PATH
export PKG_CONFIG_PATH="$prefix/share/pkgconfig" CMAKE_PREFIX_PATH="$prefix"
