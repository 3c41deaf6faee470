#!/bin/sh
# The check finds what it is for, lets be what is harmless, and finds nothing in this project.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

cat >"$scratch/bad.cpp" <<'END'
task f() {
  auto a = co_await pool.run([name] { return name; });
  co_await step(Request{.name = name});
  if (auto b = co_await run({name, 1}); !b) co_return b;
  co_return co_await join(
      first,
      [=](int x) mutable -> std::string { return name + std::to_string(x); });
}
END
cat >"$scratch/good.cpp" <<'END'
task f() {
  auto work = [name] { return name; };  // a name, then co_await f({x})
  auto a = co_await pool.run(std::move(work));
  const Request request{.name = name};
  co_await step(request, "co_await [name] { }", values[index]);
  co_await start([this] { go(); }, [&] { go(); }, {}, Nothing{});
  if (co_await finish(request)) show({name, 2});
  for (auto each : Names{name}) co_await go(each);
  auto inner = [name]() -> task { co_await go(name); };
  co_return std::string{name};
}
END
"$here/coroutine_temporaries" "$scratch/good.cpp" || fail "what is harmless was found"
"$here/coroutine_temporaries" "$scratch/bad.cpp" >"$scratch/found" && fail "nothing was found: $(cat "$scratch/found")"
lines=$(sed 's/^[^:]*:\([0-9]*\):.*/\1/' "$scratch/found" | tr '\n' ' ')
[ "$lines" = '2 3 4 7 ' ] || fail "found in the lines $lines instead of 2 3 4 7: $(cat "$scratch/found")"

cd "$here/../.."
find jobstore worker plugins tests -name '*.[ch]pp' -exec tests/lint/coroutine_temporaries {} + || fail "name these first"
