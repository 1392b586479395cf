# shellcheck shell=bash disable=SC2034
# The settings of every recipe. For one run: VARIABLE=VALUE recipes/grpo.sh; for all runs: the defaults below, or
# SETTINGS=my.sh, a file of such lines as these, which is read first.
# shellcheck source=/dev/null
if [[ -n ${SETTINGS:-} ]]; then source "$SETTINGS"; fi

# the run
ENV=${ENV:-cove_retail}             # cove_retail, cove_airline, cove_mix
PROFILE=${PROFILE:-gpu8}            # the machine: cpu, gpu1, gpu8, 2x8 (configs/profile)
PRESET=${PRESET:-}                  # more settings under one name, for GRPO (configs/preset)
MODEL=${MODEL:-}                    # what to begin with: a folder, or a name on the hub; the environment's own if empty
OUT=${OUT:-outputs}                 # what a run writes: data, sft, grpo, logs; every node must see it

# fine-tuning, and the conversations it is done on
DATA=${DATA:-}                      # a folder of cove synth or cove data export, a file of either, or a split
VAL=${VAL:-}                        # what to validate on, of the same forms; nothing if empty
EPOCHS=${EPOCHS:-1}                 # times to go through them
RENDEZVOUS=${RENDEZVOUS:-}          # host:port where the nodes of 2x8 meet; each of them runs sft.sh
DOMAINS=${DOMAINS:-retail}          # conversations to be made: what about; with airline in it, let ENV be cove_mix
TASKS=${TASKS:-12000}               # how many
SEED=${SEED:-1}                     # of their tasks and worlds; validation has the worlds from 1001 on
TEACHER=${TEACHER:-oracle}          # who plays the agent: oracle, or "openai endpoint.url=URL endpoint.model=NAME"
CUSTOMER=${CUSTOMER:-scripted}      # who plays the customer, in the same way

# GRPO
STEPS=${STEPS:-}                    # updates; as many as there are tasks for if empty
SAVE_EVERY=${SAVE_EVERY:-}          # updates from one checkpoint to the next; the environment's own if empty
RECORD=${RECORD:-}                  # a folder for finished rollouts, for cove view; none if empty
NODES=${NODES:-}                    # nodes that train; the profile's own if empty
WORKERS=${WORKERS:-}                # workers on each of them, one a GPU; the profile's own if empty
RAY_ADDRESS=${RAY_ADDRESS:-}        # host:port of the Ray cluster to train on; this machine alone if empty

# who plays the customer in GRPO, and the server for it
USER_KIND=${USER_KIND:-scripted}    # scripted, or by a model: hybrid, openai (docs/users.md)
USER_MODEL=${USER_MODEL:-Qwen/Qwen3-4B-Instruct-2507}
USER_URLS=${USER_URLS:-}            # where it is served, with /v1; several: every task gets one of them
USER_NODES=${USER_NODES:-0}         # so many nodes of a Slurm allocation, the last ones, have a server each
USER_PORT=${USER_PORT:-30000}
USER_GPUS=${USER_GPUS:-8}           # GPUs of a server
USER_TP=${USER_TP:-1}               # GPUs of a replica; a server has as many replicas as fit
USER_MEMORY=${USER_MEMORY:-0.85}    # share of a GPU's memory for weights and KV cache
USER_CONTEXT=${USER_CONTEXT:-16384} # tokens of a customer's prompt and answer; the conversation is in it
USER_WAIT=${USER_WAIT:-1800}        # seconds until a server that loads its model counts as dead
