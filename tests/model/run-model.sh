#!/usr/bin/env bash
# Runs a server binary on a real language model: the sandbox over HTTP, the demo, and an editor's session.
#
#   tests/model/run-model.sh BINARY
#
# Prints a line per check and, last, "N passed, N failed". Exit code 0 when every check passed. The model is installed with
# the first run (install-model.sh). Nothing is asked of what it says, only of how that arrives.
set -euo pipefail

binary=$(realpath "${1:?usage: run-model.sh BINARY}")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
server=$("$here/install-model.sh")
scratch=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$scratch"' EXIT

# shellcheck source=tests/checks.sh
source "$here/../checks.sh"

# until_it COMMAND...: tries for at most 60 s.
until_it() {
    local _
    for _ in $(seq 600); do
        if "$@" >/dev/null 2>&1; then return; fi
        sleep 0.1
    done
    echo "run-model: in vain for 60 s: $*" >&2
    return 1
}

# Past every proxy, since everything here is on loopback.
http() { curl --silent --show-error --fail-with-body --noproxy '*' --max-time 300 "$@"; }

# The model, always with the same words, and not too many of them. One thread: several wait for each other on a busy machine.
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$server" --port "$port" --ctx-size 4096 --threads 1 --parallel 1 --predict 48 --temp 0 --seed 1 >"$scratch/model.log" 2>&1 &
started+=($!)
model=http://127.0.0.1:$port
until_it http "$model/v1/models"
until_it http "$model/health"

# The sandbox over plain HTTP.
"$binary" sandbox --model-url "$model" >"$scratch/sandbox" 2>"$scratch/sandbox.log" &
started+=($!)
until_it grep -q '^http' "$scratch/sandbox"
base=$(head -n 1 "$scratch/sandbox")
token=$(http "$base/acme/oidc/oauth/token" -d grant_type=client_credentials -d client_id=ci -d client_secret=ci |
    python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')

chat() {
    http -N "$base/v1/agent/any/chat" -H "Authorization: Bearer $token" -H 'Content-Type: application/json' -d "$1"
}

streams() {
    chat '{"user_prompt":"Count from one to ten.","streaming":true}' >"$scratch/stream"
    python3 - "$scratch/stream" <<'PY'
import json, sys
frames = [json.loads(line[6:]) for line in open(sys.argv[1]) if line.startswith("data: ")]
texts = [frame["message"] for frame in frames if frame.get("message")]
assert len(texts) >= 2, frames
assert frames[-1]["stop_reason"] in ("stop", "length"), frames[-1]
assert frames[-1]["tokens"]["output"] >= len(texts), frames[-1]
PY
}

remembers() {
    local first second
    first=$(chat '{"user_prompt":"My name is Ana.","streaming":false,"use_conversation":true}')
    second=$(python3 - "$first" <<'PY'
import json, sys
first = json.loads(sys.argv[1])
assert first["message"].strip(), first
print(json.dumps({"user_prompt": "What is my name?", "streaming": False, "use_conversation": True,
                  "conversation_id": first["conversation_id"]}))
PY
    )
    chat "$second" >"$scratch/second"
    python3 - "$first" "$scratch/second" <<'PY'
import json, sys
first, second = json.loads(sys.argv[1]), json.load(open(sys.argv[2]))
assert second["conversation_id"] == first["conversation_id"], second
# The second prompt is hardly longer; what is counted besides is the turn before.
assert second["tokens"]["user"] > first["tokens"]["user"] + first["tokens"]["output"], (first, second)
PY
}

demo() {
    "$binary" demo --model-url "$model" >"$scratch/demo"
    cat "$scratch/demo"
    grep -q "answered by the model at $model" "$scratch/demo" && grep -q 'first word after' "$scratch/demo"
}

check "an answer of the model streams in frames, with its tokens" streams
check "a conversation goes to the model turn by turn" remembers
check "the demo runs on the model" demo

# The session counts its own checks.
code=0
timeout 300 "$here/session.py" "$binary" "$model" >"$scratch/session" || code=$?
grep -E '^(ok|FAILED)' "$scratch/session" || true
counted=$(tail -n 1 "$scratch/session")
if [[ $counted =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
    passed=$((passed + BASH_REMATCH[1]))
    failed=$((failed + BASH_REMATCH[2]))
fi
if ((code != 0)) && ! [[ $counted =~ \ [1-9][0-9]*\ failed$ ]]; then
    failed=$((failed + 1))
    echo "FAILED the session broke off with $code"
fi

echo "$passed passed, $failed failed"
((failed == 0))
