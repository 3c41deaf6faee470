#!/bin/sh
# README.md against the program: its table of settings is what `config --markdown` prints, and every subcommand stands in it.
set -eu
reelspool=$1 source=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cd "$scratch" # no .env of the developer's
env -i PATH="$PATH" "$reelspool" config --markdown >printed
sed -n '/^| setting |/,/^$/p' "$source/README.md" | sed '/^$/d' >written
diff -u written printed || { echo "README.md: put in what \`reelspool config --markdown\` prints"; exit 1; }

# Every manual's links lead somewhere, and every script is in the manual of scripts.
find "$source/README.md" "$source/jobstore" "$source/plugins" "$source/ffmpeg-scripts" "$source/tests" -name '*.md' | while read -r page; do
  sed -n 's/[^]]*](\([^)#:]*\))/\1\n/gp' "$page" | grep -v '[[:space:]]' | while read -r link; do
    [ -z "$link" ] || [ -e "$(dirname "$page")/$link" ] || { echo "$page: there is no $link"; exit 1; }
  done
done
for script in "$source"/ffmpeg-scripts/*; do
  name=${script##*/}
  grep -q "\`$name\`" "$source/ffmpeg-scripts/README.md" || [ "$name" = README.md ] || { echo "ffmpeg-scripts/README.md does not name $name"; exit 1; }
done

"$reelspool" --help | sed -n '/^Subcommands:/,$p' | sed -n 's/^  \([a-z]*\) .*/\1/p' >commands
[ "$(wc -l <commands)" -ge 13 ] || { echo "only $(wc -l <commands) subcommands in --help"; exit 1; }
while read -r command; do
  grep -q "\`\(reelspool \)\?${command}[ \`]" "$source/README.md" || { echo "README.md does not name the command $command"; exit 1; }
  "$reelspool" "$command" --help >/dev/null || { echo "$command --help failed"; exit 1; }
done <commands
