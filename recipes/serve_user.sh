#!/usr/bin/env bash
# Serve the model that plays the customer, until this is stopped. What can be set is in recipes/settings.sh:
#   recipes/serve_user.sh                                      8 replicas of USER_MODEL on 8 GPUs, behind one port
#   USER_MODEL=Qwen/Qwen3-235B-A22B-Instruct-2507 USER_TP=8 recipes/serve_user.sh    the paper's user
#   PROFILE=cpu USER_MODEL=outputs/tiny recipes/serve_user.sh  transformers in SGLang's place, without a GPU
#   recipes/serve_user.sh -- --quantization fp8                more of the server's options
#   recipes/serve_user.sh --dry-run                            print the command and the overrides, do nothing
# It prints the overrides for GRPO when the server answers. A server that dies ends this with the tail of its log.
set -euo pipefail
source "${BASH_SOURCE[0]%/*}/recipe.sh"

if [[ $PROFILE == cpu ]]; then
    command=(transformers serve "$USER_MODEL" --host 0.0.0.0 --port "$USER_PORT" --device cpu)
else
    command=(python -m sglang.launch_server --model-path "$USER_MODEL" --host 0.0.0.0 --port "$USER_PORT"
        --tp-size "$USER_TP" --dp-size $((USER_GPUS / USER_TP))
        --context-length "$USER_CONTEXT" --mem-fraction-static "$USER_MEMORY")
fi
name=${SLURMD_NODENAME:-$(hostname)}
log=$OUT/logs/user-$name-$USER_PORT.log
here=http://127.0.0.1:$USER_PORT

if [[ -n $dry_run ]]; then
    run "${command[@]}" "$@"
    customers "http://HOST:$USER_PORT/v1"
    exit
fi

fail() { # say why, show what the server said last, and stop it
    echo "error: $1; the end of $log:" >&2
    tail -n 30 "$log" >&2
    kill "$server" 2>/dev/null || true
    exit 1
}

if answers "$here"; then echo "error: something answers on port $USER_PORT already; set USER_PORT" >&2 && exit 1; fi
mkdir -p "$OUT/logs"
"${command[@]}" "$@" >"$log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null; wait "$server"; exit 143' INT TERM

until answers "$here"; do
    kill -0 "$server" 2>/dev/null || fail "the server ended before it answered"
    ((SECONDS < USER_WAIT)) || fail "the server has not answered for $USER_WAIT seconds"
    sleep 2
done
echo "The customer answers. For recipes/grpo.sh: USER_URLS=http://$(hostname):$USER_PORT/v1; for verl:"
customers "http://$(hostname):$USER_PORT/v1"
wait "$server" || true
fail "the server ended"
