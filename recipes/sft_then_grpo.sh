#!/usr/bin/env bash
# CoVe's recipe from nothing: make conversations, fine-tune on them, go on with GRPO. Settings are environment variables:
#   recipes/sft_then_grpo.sh                                   the paper's values on one node with 8 GPUs
#   PROFILE=cpu TASKS=400 recipes/sft_then_grpo.sh             a tiny model on this machine
#   DATA=data/kept recipes/sft_then_grpo.sh                    conversations that are there already
#   recipes/sft_then_grpo.sh -- trainer.total_training_steps=100   more of Hydra's overrides, for GRPO
#   recipes/sft_then_grpo.sh --dry-run                         print the commands, do nothing
# Each part goes on where it was interrupted: run the same command again.
set -euo pipefail

OUT=${OUT:-outputs/sft_then_grpo}   # everything this makes
DATA=${DATA:-}                      # conversations to fine-tune on; made in $OUT/data if empty
DOMAINS=${DOMAINS:-retail}          # what they are about; with airline in it, let ENV be cove_mix
TASKS=${TASKS:-12000}               # how many are made
SEED=${SEED:-1}                     # of the tasks and their worlds; validation has the worlds from 1001 on
TEACHER=${TEACHER:-oracle}          # who plays the agent: oracle, or "openai endpoint.url=URL endpoint.model=NAME"
CUSTOMER=${CUSTOMER:-scripted}      # who plays the customer, in the same way
MODEL=${MODEL:-}                    # a folder or a name on the hub; the environment's own if empty
ENV=${ENV:-cove_retail}             # cove_retail, cove_airline, cove_mix
PROFILE=${PROFILE:-gpu8}            # cpu, gpu1, gpu8; several nodes: recipes/sft.sh, then main_ppo on a Ray cluster
EPOCHS=${EPOCHS:-1}                 # times to go through the conversations

dry_run=
while (($#)); do
    case $1 in
        --dry-run) dry_run=yes ;;
        --) shift && break ;;
        *) echo "usage: [VARIABLE=VALUE ...] $0 [--dry-run] [-- KEY=VALUE ...]" >&2 && exit 2 ;;
    esac
    shift
done

run() { # show a command, and run it unless this is a dry run
    printf '%q ' "$@" && echo
    [[ -n $dry_run ]] || "$@"
}

if [[ -z $DATA ]]; then
    DATA=$OUT/data
    run cove synth --domain "$DOMAINS" -n "$TASKS" --seed "$SEED" --teacher "$TEACHER" --user "$CUSTOMER" \
        --out "$DATA"
fi

options=(--data "$DATA" --env "$ENV" --profile "$PROFILE" --epochs "$EPOCHS" --out "$OUT/sft")
[[ -z $MODEL ]] || options+=(--model "$MODEL")
run cove train sft "${options[@]}"

# verl notes the step it saved last; the folder of that name holds the model as a rollout loads it
step=N
[[ -n $dry_run ]] || step=$(<"$OUT/sft/latest_checkpointed_iteration.txt")

grpo=(python -m verl.trainer.main_ppo "+env=$ENV" "+profile=$PROFILE")
grpo+=("actor_rollout_ref.model.path=$OUT/sft/global_step_$step/huggingface" "trainer.default_local_dir=$OUT/grpo")
[[ $PROFILE != cpu ]] || grpo=(env VERL_PLATFORM=cpu "${grpo[@]}")
run "${grpo[@]}" "$@"
