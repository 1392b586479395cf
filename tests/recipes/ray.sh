#!/usr/bin/env bash
# A Ray cluster of two nodes on this host: the GRPO recipe trains on both, one node is killed in the middle, and the same
# command goes on after the checkpoint once there is another, with every task trained on once. A few minutes on two cores.
#   tests/recipes/ray.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
WAIT=${WAIT:-600} # seconds for any one thing to happen
STEPS=4

dir=$(mktemp -d)
RAY_AUTH_TOKEN=$(od -An -N32 -tx1 /dev/urandom | tr -d ' \n')
export RAY_AUTH_MODE=token RAY_AUTH_TOKEN

end() { # stop the cluster; keep the folder of a test that failed
    local code=$?
    trap - EXIT INT TERM
    jobs -p | xargs -r kill 2>/dev/null
    wait
    if ((code)); then echo "failed; everything is in $dir" >&2; else rm -rf "$dir"; fi
    exit "$code"
}
trap end EXIT INT TERM

await() { # await COMMAND...: until it succeeds
    local until=$((SECONDS + WAIT))
    until "$@"; do ((SECONDS < until)) || { echo "error: $WAIT s without: $*" >&2 && return 1; } && sleep 1; done
}

port=26379
RAY_ADDRESS=$(python -c 'import ray; print(ray.util.get_node_ip_address())'):$port
export PROFILE=cpu OUT=$dir/run STEPS SAVE_EVERY=1 RECORD=$dir/rollouts NODES=2 WORKERS=1 RAY_ADDRESS
small=(cove.agent_turns=4 cove.user_turns=4 cove.turn_tokens=48 cove.result_tokens=256 trainer.test_freq=-1
    data.max_response_length=1024 data.train_batch_size=2 actor_rollout_ref.rollout.n=2)
start=(ray start --block --disable-usage-stats --num-cpus=64 --num-gpus=1)

join() { # a second node
    "${start[@]}" --address="$RAY_ADDRESS" >>"$dir/second.log" 2>&1 &
    second=$!
    python recipes/slurm/await_ray.py "$RAY_ADDRESS" 2 120 2>>"$dir/await.log"
}
env -u RAY_ADDRESS "${start[@]}" --head --port=$port --include-dashboard=false >"$dir/head.log" 2>&1 &
python recipes/slurm/await_ray.py "$RAY_ADDRESS" 1 120 2>>"$dir/await.log"
join

saved() { cat "$OUT/grpo/latest_checkpointed_iteration.txt" 2>/dev/null || echo 0; }
ended() { ! kill -0 "$run" 2>/dev/null; }
first_is_saved() { ended || (($(saved) >= 1)); }
recipes/grpo.sh -- "${small[@]}" >"$dir/first.log" 2>&1 &
run=$!
await first_is_saved
at=$(saved)
pgrep -P "$second" raylet | xargs kill -KILL
killed=$SECONDS
echo "a node killed after step $at, at $killed s"
await ended
code=0 && wait "$run" || code=$?
echo "the run ended $((SECONDS - killed)) s later with exit status $code, saved step $(saved), and said:"
grep -oE 'Raylet is terminated[^:]*|^ray\.exceptions\..*' "$dir/first.log" | sort -u | cut -c1-200
if ((code == 0 || $(saved) == STEPS)); then echo "error: it was to be interrupted" >&2 && exit 1; fi

wait "$second" || true
join
recipes/grpo.sh -- "${small[@]}" >"$dir/second-run.log" 2>&1 || { tail -n 40 "$dir/second-run.log" >&2 && exit 1; }
echo "the same command has finished, at step $(saved), at $SECONDS s"
[[ $(saved) == "$STEPS" ]]
VERL_PLATFORM=cpu python -W ignore tests/recipes/stream.py "$RECORD" --batch 2 --steps "$STEPS"
