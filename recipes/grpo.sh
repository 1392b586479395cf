#!/usr/bin/env bash
# GRPO on verl, on this node or on a Ray cluster. What can be set is in recipes/settings.sh:
#   recipes/grpo.sh                                            the paper's values on one node with 8 GPUs
#   PROFILE=cpu STEPS=3 recipes/grpo.sh                        a tiny model on this machine
#   PROFILE=2x8 RAY_ADDRESS=head:6379 recipes/grpo.sh          a Ray cluster; slurm/grpo.sbatch starts one
#   USER_URLS=http://gpu7:30000/v1 recipes/grpo.sh             a customer from recipes/serve_user.sh
#   recipes/grpo.sh -- trainer.test_freq=5                     more of Hydra's overrides
#   recipes/grpo.sh --dry-run                                  print the command, do nothing
# The same command goes on after the newest checkpoint in $OUT/grpo, with the task that comes next.
set -euo pipefail
source "${BASH_SOURCE[0]%/*}/recipe.sh"

if [[ -n $RAY_ADDRESS && $OUT != /* ]]; then OUT=$PWD/$OUT; fi # a cluster's processes run in folders of their own
if [[ $PROFILE == cpu ]]; then MODEL=${MODEL:-$OUT/tiny}; fi   # made there if there is none

command=(python -m verl.trainer.main_ppo "+env=$ENV" "+profile=$PROFILE")
[[ -z $PRESET ]] || command+=("+preset=$PRESET")
# shellcheck disable=SC2086 # the URLs are words
mapfile -t -O "${#command[@]}" command < <(customers $USER_URLS)
command+=("trainer.default_local_dir=$OUT/grpo")
[[ -z $MODEL ]] || command+=("actor_rollout_ref.model.path=$MODEL")
[[ -z $STEPS ]] || command+=("trainer.total_training_steps=$STEPS")
[[ -z $SAVE_EVERY ]] || command+=("trainer.save_freq=$SAVE_EVERY")
[[ -z $RECORD ]] || command+=("cove.record=$RECORD")
[[ -z $NODES ]] || command+=("trainer.nnodes=$NODES")
[[ -z $WORKERS ]] || command+=("trainer.n_gpus_per_node=$WORKERS")
# Ray takes the address itself from RAY_ADDRESS
[[ -z $RAY_ADDRESS ]] || command+=("++ray_kwargs.ray_init.address=auto")
[[ $PROFILE != cpu ]] || command=(env VERL_PLATFORM=cpu "${command[@]}")

export RAY_ADDRESS
show "${command[@]}" "$@"
[[ -n $dry_run ]] || exec "${command[@]}" "$@" # a signal to this script is one to the trainer
