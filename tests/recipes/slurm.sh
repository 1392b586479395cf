#!/usr/bin/env bash
# A real Slurm, two nodes on this host: the GRPO recipe trains on both, is requeued in the middle, goes on after its
# checkpoint and finishes, with every task trained on once. Needs root, slurm-wlm and munge; a few minutes on two cores.
#   tests/recipes/slurm.sh
# Its status is 3 where Slurm's daemons do not come up.
set -euo pipefail
cd "$(dirname "$0")/../.."
WAIT=${WAIT:-600} # seconds for any one thing to happen
STEPS=4
PORT=$((30000 + $$ % 9000 * 3)) # and the two after it; two of these tests may run at once

for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || { echo "error: no $program: apt-get install slurm-wlm munge" >&2 && exit 2; }
done

dir=$(mktemp -d) && chmod 755 "$dir" && mkdir "$dir/state" "$dir/spool"
export SLURM_CONF=$dir/slurm.conf

end() { # stop the daemons; keep the folder of a test that failed
    local code=$?
    trap - EXIT
    scancel --full --signal=KILL --user=root 2>/dev/null && sleep 2
    local pids=()
    for file in "$dir"/*.pid; do pids+=("$(<"$file")"); done
    kill "${pids[@]}" 2>/dev/null || true
    for _ in {1..20}; do kill -0 "${pids[@]}" 2>/dev/null && sleep 0.5; done # they write down their state as they go
    if ((code)); then echo "failed; everything is in $dir" >&2; else rm -rf "$dir" || true; fi
    exit "$code"
}
trap end EXIT INT TERM

await() { # await SECONDS COMMAND...: until the command succeeds
    local until=$((SECONDS + $1))
    until "${@:2}"; do ((SECONDS < until)) || { echo "error: $1 s without: ${*:2}" >&2 && return 1; } && sleep 1; done
}

cat >"$SLURM_CONF" <<TEXT
ClusterName=cove
SlurmctldHost=$(hostname -s)
SlurmctldPort=$PORT
# the recipe takes Ray's port from it
FirstJobId=$$
SlurmUser=root
# a job that was requeued waits until its old credential has expired
AuthInfo=socket=$dir/munge.socket,cred_expire=10
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
ReturnToService=2
KillWait=10
SchedulerParameters=sched_interval=5
NodeName=n1 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((PORT + 1))
NodeName=n2 NodeHostname=$(hostname -s) NodeAddr=127.0.0.1 Port=$((PORT + 2))
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
TEXT

(umask 077 && head -c 128 /dev/urandom >"$dir/munge.key")
munged --force --key-file="$dir/munge.key" --socket="$dir/munge.socket" --pid-file="$dir/munged.pid" \
    --log-file="$dir/munged.log" --seed-file="$dir/munge.seed" 2>"$dir/munged.err" || exit 3
slurmctld -L "$dir/slurmctld.log" || exit 3
for node in n1 n2; do slurmd -N "$node" -L "$dir/slurmd-$node.log" || exit 3; done
both_answer() { [[ $(srun -N2 true 2>&1 && sinfo -h -o %T) == idle ]]; }
await 60 both_answer || { tail -n 5 "$dir"/*.log >&2; exit 3; }

export PROFILE=cpu OUT=$dir/run STEPS SAVE_EVERY=1 RECORD=$dir/rollouts
small=(cove.agent_turns=4 cove.user_turns=4 cove.turn_tokens=48 cove.result_tokens=256 trainer.test_freq=-1
    data.max_response_length=1024 data.train_batch_size=2 actor_rollout_ref.rollout.n=2)
job=$(sbatch --parsable --nodes=2 --output="$dir/job.out" recipes/slurm/grpo.sbatch -- "${small[@]}")
echo "job $job on two nodes; its log is $dir/job.out"

over() { ! squeue -h -j "$job" -o %T 2>/dev/null | grep -q .; }
saved() { cat "$OUT/grpo/latest_checkpointed_iteration.txt" 2>/dev/null || echo 0; }
first_is_saved() { over || (($(saved) >= 1)); }
await "$WAIT" first_is_saved
at=$(saved)
scontrol requeue "$job"
echo "requeued after step $at, at $SECONDS s"
await "$WAIT" over
echo "over after $SECONDS s, at step $(saved)"

state=$(scontrol show job "$job" | grep -o 'JobState=[A-Z]*\|Restarts=[0-9]*' | xargs)
if [[ $state != "JobState=COMPLETED Restarts=1" || $(saved) != "$STEPS" || $at == "$STEPS" ]]; then
    tail -n 40 "$dir/job.out" >&2
    echo "error: $state, saved step $(saved)" >&2
    exit 1
fi
VERL_PLATFORM=cpu python -W ignore tests/recipes/stream.py "$RECORD" --batch 2 --steps "$STEPS"
