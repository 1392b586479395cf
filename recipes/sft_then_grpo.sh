#!/usr/bin/env bash
# CoVe's recipe from nothing: make conversations, fine-tune on them, go on with GRPO. What can be set is in
# recipes/settings.sh:
#   recipes/sft_then_grpo.sh                                   the paper's values on one node with 8 GPUs
#   PROFILE=cpu TASKS=400 recipes/sft_then_grpo.sh             a tiny model on this machine
#   DATA=data/kept recipes/sft_then_grpo.sh                    conversations that are there already
#   recipes/sft_then_grpo.sh -- trainer.test_freq=5            more of Hydra's overrides, for GRPO
#   recipes/sft_then_grpo.sh --dry-run                         print the commands, do nothing
# Each part goes on where it was interrupted: run the same command again.
set -euo pipefail
recipes=${BASH_SOURCE[0]%/*}
source "$recipes/recipe.sh"

if [[ -z $DATA ]]; then
    DATA=$OUT/data
    run cove synth --domain "$DOMAINS" -n "$TASKS" --seed "$SEED" --teacher "$TEACHER" --user "$CUSTOMER" \
        --out "$DATA"
fi
DATA=$DATA "$recipes/sft.sh" ${dry_run:+"$dry_run"}

# verl notes the step it saved last; the folder of that name holds the model as a rollout loads it
step=N
[[ -n $dry_run ]] || step=$(<"$OUT/sft/latest_checkpointed_iteration.txt")
MODEL=$OUT/sft/global_step_$step/huggingface "$recipes/grpo.sh" ${dry_run:+"$dry_run"} -- "$@"
