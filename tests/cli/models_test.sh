#!/bin/sh
# models_test.sh PROGRAM: `plugin check NAME --models` asks a provider (here: on loopback) which models of the catalogue there are.
set -u
reelspool=$1
scratch=$(mktemp -d "${TMPDIR:-/tmp}/reelspool-models.XXXXXX")
server=''
trap '[ -z "$server" ] || kill "$server" 2>/dev/null; rm -rf "$scratch"' EXIT
trap 'exit 1' INT TERM
fail() {
  echo "FAILED: $*"
  cat "$scratch/out" 2>/dev/null
  exit 1
}

cat >"$scratch/server.py" <<'PY'
import http.server, json, sys
class Provider(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        good = self.path == "/v1/models" and self.headers["Authorization"] == "Bearer sk-of-the-house"
        body = json.dumps({"data": [{"id": "gpt-image-2"}, {"id": "house-model"}]} if good else
                          {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}}).encode()
        self.send_response(200 if good else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Provider)
print(server.server_address[1], flush=True)
server.serve_forever()
PY
mkfifo "$scratch/port"
python3 "$scratch/server.py" >"$scratch/port" &
server=$!
read -r port <"$scratch/port"

export DATA_DIR="$scratch/data" OPENAI_BASE_URL="http://127.0.0.1:$port/v1" HTTP_ALLOWED_HOSTS="127.0.0.1:$port"
mkdir -p "$DATA_DIR/plugins"
# asked STATUS PLUGIN
asked() {
  "$reelspool" plugin check "$2" --models >"$scratch/out" 2>&1
  ended=$?
  [ $ended -eq "$1" ] || fail "check $2 --models ended with $ended"
}
says() { grep -q -- "$1" "$scratch/out" || fail "nothing said of: $1"; }

asked 1 openai
says 'needs OPENAI_API_KEY, which is not set'
OPENAI_API_KEY=sk-of-somebody
export OPENAI_API_KEY
asked 1 openai
says 'Incorrect API key provided'
! grep -q sk-of-somebody "$scratch/out" || fail "the key was printed"
OPENAI_API_KEY=sk-of-the-house
asked 1 openai
says '^there    image gpt-image-2$'
says '^MISSING  image gpt-image-2.6-flare$'
says 'models, [1-9][0-9]* missing'
# Of those that the provider has not, only the ones whose day has come are excused.
jq -n '{image: {chain: ["gpt-image-2"], models: {"old": {retired: "2020-01-01", successor: "gpt-image-2"}, "young": {retired: "2999-01-01"}}}}' \
  >"$DATA_DIR/plugins/openai.json"
asked 1 openai
says '^gone     image old, by the catalogue retired on 2020-01-01, its successor is gpt-image-2$'
says '^MISSING  image young, to be retired on 2999-01-01$'

# What the operator's catalogue takes away is not asked about, and what it adds is.
jq -n '{image: {models: {"house-model": {}}}}' >"$DATA_DIR/plugins/openai.json"
asked 1 openai
says '^there    image house-model$'
"$reelspool" plugin check openai --models --json 2>&1 | jq -e 'map(select(.model == "house-model")) | .[0].there' >/dev/null || fail "--json"

# What is wrong with it is told wherever the plugin is looked at, and what has no plugin is not passed over in silence.
echo '[1]' >"$DATA_DIR/plugins/openai.json"
echo '{}' >"$DATA_DIR/plugins/opnai.json"
for look in "describe openai" list; do
  # shellcheck disable=SC2086  # two words
  "$reelspool" plugin $look >"$scratch/out" 2>&1 || fail "plugin $look"
  says 'openai.json: it is no JSON object'
done
says 'opnai.json: there is no plugin "opnai"'
asked 1 opnai
says 'no such plugin is installed'
FAL_KEY='' asked 1 fal
says 'does not make models'

asked 1 local
says 'does not make models'
asked 1 nobody
says '"nobody"'
