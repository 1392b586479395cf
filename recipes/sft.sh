#!/usr/bin/env bash
# Fine-tune a policy on recorded conversations, on exactly the tokens a rollout has. Settings are environment variables:
#   DATA=data/kept recipes/sft.sh                              the paper's values on one node with 8 GPUs
#   DATA=data/kept PROFILE=cpu recipes/sft.sh                  a tiny model on this machine
#   DATA=data/kept recipes/sft.sh -- optim.lr=2e-6             more of Hydra's overrides
#   DATA=data/kept recipes/sft.sh --dry-run                    print the command, do nothing
set -euo pipefail

DATA=${DATA:?a folder that cove synth or cove data export has written, a file of either, or a split, such as train}
VAL=${VAL:-}                    # what to validate on, of the same forms; nothing if empty
MODEL=${MODEL:-}                # a folder or a name on the hub; the environment's own if empty
ENV=${ENV:-cove_retail}         # cove_retail, cove_airline, cove_mix
PROFILE=${PROFILE:-gpu8}        # cpu, gpu1, gpu8, 2x8
EPOCHS=${EPOCHS:-1}             # times to go through the data
OUT=${OUT:-outputs/sft}         # checkpoints; the same command goes on with what an interrupted run left there
RENDEZVOUS=${RENDEZVOUS:-}      # host:port where the nodes of 2x8 meet; each of them runs this script

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

options=(--data "$DATA" --env "$ENV" --profile "$PROFILE" --epochs "$EPOCHS" --out "$OUT")
[[ -z $VAL ]] || options+=(--val "$VAL")
[[ -z $MODEL ]] || options+=(--model "$MODEL")
[[ -z $RENDEZVOUS ]] || options+=(--rendezvous "$RENDEZVOUS")

run cove train sft "${options[@]}" "$@"
