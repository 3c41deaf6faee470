#!/bin/sh
# contract_test.sh PLUGINS DOCUMENTS NPM_FOLDER: installs Prism, if it is not there, and runs contract_test.py.
# PRELOAD: a library that python3 must have before it loads the plugins. Exit status 77: skipped, Prism cannot be had.
set -u
prism=$3/node_modules/@stoplight/prism-cli/dist/index.js
if [ ! -f "$prism" ]; then
  mkdir -p "$3"
  if ! command -v npm >/dev/null 2>&1; then
    echo "skipped: there is no npm to install Prism with"
    exit 77
  fi
  # The cheap question first: an install that finds no registry tries for minutes.
  if ! npm view --prefix "$3" @stoplight/prism-cli@5.14.2 version >/dev/null 2>"$3/npm.log" ||
    ! npm install --prefix "$3" --no-audit --no-fund --no-save @stoplight/prism-cli@5.14.2 >"$3/npm.log" 2>&1; then
    echo "skipped: Prism cannot be installed: $(tail -n 1 "$3/npm.log")"
    exit 77
  fi
fi
if [ -n "${PRELOAD:-}" ]; then export LD_PRELOAD="$PRELOAD" ASAN_OPTIONS=detect_leaks=0; fi
exec python3 "$(dirname "$0")/contract_test.py" "$1" "$2" "$prism"
