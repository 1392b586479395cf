#!/usr/bin/env bash
# Submit GRPO to a Ray cluster that runs already, through its dashboard. What can be set is in recipes/settings.sh:
#   RAY_API_SERVER_ADDRESS=http://head:8265 PROFILE=2x8 OUT=/shared/run recipes/ray/submit.sh
#   RAY_API_SERVER_ADDRESS=http://head:8265 recipes/ray/submit.sh -- trainer.test_freq=5    more of Hydra's overrides
#   recipes/ray/submit.sh --dry-run                            print the command, do nothing
# Ray carries the recipes to the cluster; this library is installed there, and OUT is a folder that all of its nodes see.
# Submitted again, the job goes on after the newest checkpoint. `ray job stop` with the printed id ends it.
set -euo pipefail
here=${BASH_SOURCE[0]%/*}
source "${BASH_SOURCE[0]%/*}/../recipe.sh"

[[ $OUT == /* ]] || { echo "error: OUT=$OUT must be an absolute path, to a folder that all nodes see" >&2 && exit 2; }

settings=()
for name in ENV PROFILE PRESET MODEL OUT STEPS SAVE_EVERY RECORD NODES WORKERS USER_KIND USER_MODEL USER_URLS; do
    [[ -z ${!name} ]] || settings+=("$name=${!name}")
done

unset RAY_ADDRESS # of a cluster; a job is submitted to its dashboard
run ray job submit --runtime-env "$here/runtime_env.yaml" --working-dir "$here/.." \
    -- env "${settings[@]}" bash grpo.sh -- "$@"
