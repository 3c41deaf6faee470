#!/bin/sh
# installed_sdk_test.sh BUILD-FOLDER
# Plugins are written, built and used outside of this tree, with nothing but what is installed: every skeleton, by CMake and by
# pkg-config, in C++ and in C, by gcc and by clang, also with libc++ where that is installed.
. "$(dirname "$0")/lib.sh"
cd "$scratch" || exit 1

# one_symbol FILE
one_symbol() {
  symbols=$(nm -D --defined-only --format=posix "$1" | cut -d' ' -f1 | tr '\n' ' ')
  [ "$symbols" = 'reelspool_provider ' ] || fail "$1 exports: $symbols"
}
# checked FILE TRANSCRIPTS: every check passes, none is left out.
checked() {
  one_symbol "$1"
  reelspool plugin check "$1" --transcripts "$2" >"$scratch/log" 2>&1 || fail "plugin check $1"
  ! grep -q '^skipped' "$scratch/log" || fail "a check of $1 was skipped"
}

# Every kind in both languages, by pkg-config and the plain compiler; without REELSPOOL_LONG=1 one of each shape.
kinds='image speech' remote='video'
[ "${REELSPOOL_LONG:-}" != 1 ] || kinds='image speech music sound_effect' remote='image video lip_sync music'
for kind in $kinds; do
  quietly reelspool plugin new "my-$kind" "cpp-$kind" --kind "$kind"
  quietly reelspool plugin new "my-$kind" "c-$kind" --kind "$kind" --language c
  # shellcheck disable=SC2046  # these are flags
  (cd "cpp-$kind" && quietly g++ -std=c++20 -Wall -Wextra -Werror "my-$kind.cpp" -o "my-$kind.so" $(pkg-config --cflags --libs reelspool-sdk)) || exit 1
  # shellcheck disable=SC2046
  (cd "c-$kind" && quietly gcc -Wall -Wextra -Werror "my-$kind.c" -o "my-$kind.so" $(pkg-config --cflags --libs reelspool-sdk)) || exit 1
  checked "cpp-$kind/my-$kind.so" "cpp-$kind/transcripts"
  checked "c-$kind/my-$kind.so" "c-$kind/transcripts"
done
for kind in $remote; do
  quietly reelspool plugin new "far-$kind" --kind "$kind" --remote
  # shellcheck disable=SC2046
  (cd "far-$kind" && quietly g++ -std=c++20 -Wall -Wextra -Werror "far-$kind.cpp" -o "far-$kind.so" $(pkg-config --cflags --libs reelspool-sdk)) || exit 1
  one_symbol "far-$kind/far-$kind.so"
  reelspool plugin check "far-$kind/far-$kind.so" >"$scratch/log" 2>&1 || fail "plugin check far-$kind"
done

# By CMake, with the test that the skeleton brings; the one in C without a C++ compiler and without nlohmann's headers.
for language in cpp c; do
  (cd "$language-image" && quietly cmake -B build && quietly cmake --build build && quietly ctest --test-dir build --output-on-failure) || exit 1
done
grep -q CMAKE_CXX_COMPILER c-image/build/CMakeCache.txt && fail "the plugin in C asked for a C++ compiler"

# By clang; with its own C++ library if there is one.
if command -v clang++ >/dev/null; then
  # shellcheck disable=SC2046
  quietly clang++ -std=c++20 cpp-image/my-image.cpp -o my-image.so $(pkg-config --cflags --libs reelspool-sdk)
  checked my-image.so cpp-image/transcripts
  if echo '#include <string>' | clang++ -stdlib=libc++ -x c++ -fsyntax-only - 2>/dev/null; then
    # shellcheck disable=SC2046
    quietly clang++ -std=c++20 -stdlib=libc++ cpp-image/my-image.cpp -o my-image.so $(pkg-config --cflags --libs reelspool-sdk)
    checked my-image.so cpp-image/transcripts
  else
    echo "skipped: libc++ is not installed (libc++-dev)"
  fi
else
  echo "skipped: clang++ is not installed"
fi

# What the commands refuse.
refused() {
  pattern=$1
  shift
  if reelspool plugin "$@" >"$scratch/log" 2>&1; then fail "plugin $* was not refused"; fi
  grep -q -- "$pattern" "$scratch/log" || fail "plugin $*: nothing said of '$pattern'"
}
refused 'is not empty' new my-image cpp-image
refused 'is no name for a plugin' new 'My Plugin'
refused 'with a script there are: image' new other --kind tapestry
refused 'there is no file ./none.so' check ./none.so
refused 'no plugin is named "none"; there are: .*local' describe none
echo '{"kind": "tapestry", "request": {}}' >input.json
refused 'does not make tapestry' step local <input.json
echo '{"kind": "image"}' >input.json
refused 'the input.s "request" must be an object' step local <input.json
cp cpp-image/my-image.so renamed.so
refused 'is named "my-image", but the library renamed.so' check ./renamed.so

# One message by hand; the state and the event of the next one are up to the caller.
echo '{"kind": "image", "request": {"prompt": "x", "width": 320, "height": 320}}' >input.json
quietly reelspool plugin step ./c-image/my-image.so <input.json
[ "$(jq -r '.action.script' "$scratch/log")" = card ] || fail "plugin step"
reelspool plugin describe ./c-image/my-image.so --json | jq -e '.kinds.image and .scripts == ["card"]' >/dev/null || fail "plugin describe"

# Dropped into the folder and allowed, each makes the picture of a job.
for language in cpp c; do
  mkdir -p "$DATA_DIR/plugins"
  cp "$language-image/my-image.so" "$DATA_DIR/plugins/my-image.so"
  quietly reelspool plugin allow my-image
  jq -n --arg id "by-$language" '{id: $id, type: "storyboard", params: {storyboard: {scenes: [
    {index: 1, visual: "a paper boat", duration: 3}]}, brief: {resolution: "480p", audio_mode: "music_only"}}}' >job.json
  IMAGE_PROVIDER=my-image quietly reelspool run job.json
  ! grep -q 'the next one is asked' "$scratch/log" || fail "by-$language was made by another plugin"
done
echo "written, built, checked and used"
