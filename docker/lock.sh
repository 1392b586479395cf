#!/usr/bin/env bash
# Write docker/locks anew: every package of an image with its version and the hashes of its files, for Linux on x86-64
# with Python 3.11. Versions that still fit are kept; with --upgrade the newest are taken. `make lock` runs it.
#   UV         the uv to use; it comes with .[dev]
#   TORCH_CPU  where torch's builds without CUDA lie: a page with links, or a folder of wheels
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

resolve() {  # NAME EXTRA [OPTION ...]
    local name=$1 extra=$2
    shift 2
    "${UV:-uv}" pip compile pyproject.toml --extra "$extra" --quiet --generate-hashes --no-annotate \
        --python-version 3.11 --python-platform x86_64-manylinux_2_34 \
        --custom-compile-command docker/lock.sh --output-file "docker/locks/$name.txt" "$@" >/dev/null
}

# what serves and trains on GPUs: SGLang says which torch and which transformers
resolve sglang sglang "$@"

# what continuous integration runs, but torch as built for processors alone: the package index has it with CUDA only
grep -v '^torch==' constraints.txt >"$folder/constraints.txt"
sed -n 's/^\(torch==[0-9.]*\)$/\1+cpu/p' constraints.txt >"$folder/torch.txt"
resolve cpu train --constraint "$folder/constraints.txt" --override "$folder/torch.txt" \
    --find-links "${TORCH_CPU:-https://download.pytorch.org/whl/cpu/torch/}" "$@"
