#!/usr/bin/env bash
# Fine-tune a policy on recorded conversations, on exactly the tokens a rollout has. What can be set is in
# recipes/settings.sh:
#   DATA=data/kept recipes/sft.sh                              the paper's values on one node with 8 GPUs
#   DATA=data/kept PROFILE=cpu recipes/sft.sh                  a tiny model on this machine
#   DATA=data/kept recipes/sft.sh -- optim.lr=2e-6             more of Hydra's overrides
#   DATA=data/kept recipes/sft.sh --dry-run                    print the command, do nothing
# The same command goes on with what an interrupted run left in $OUT/sft.
set -euo pipefail
source "${BASH_SOURCE[0]%/*}/recipe.sh"

: "${DATA:?a folder that cove synth or cove data export has written, a file of either, or a split, such as train}"
options=(--data "$DATA" --env "$ENV" --profile "$PROFILE" --epochs "$EPOCHS" --out "$OUT/sft")
[[ -z $VAL ]] || options+=(--val "$VAL")
[[ -z $MODEL ]] || options+=(--model "$MODEL")
[[ -z $RENDEZVOUS ]] || options+=(--rendezvous "$RENDEZVOUS")

run cove train sft "${options[@]}" "$@"
