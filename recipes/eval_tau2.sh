#!/usr/bin/env bash
# The official number: tau2-bench itself, unmodified, plays and grades a checkpoint that is served behind an
# OpenAI-compatible URL (SGLang, vLLM). Its orchestrator, prompts, user simulator and judge are the benchmark's own, so the
# figures can be put beside its leaderboard; those of `cove eval --suite tau2:...` are for development (docs/evaluation.md).
#
# Not run by this project's tests: it needs a GPU to serve the checkpoint, an API key for the user's model (and the judge
# of retail), and tau2-bench: git clone https://github.com/sierra-research/tau2-bench && uv sync, in an environment of its
# own. The options are those of tau2-bench 1.0.
#
#   python -m sglang.launch_server --model-path CHECKPOINT --tool-call-parser qwen --port 30000
#   OPENAI_API_KEY=... recipes/eval_tau2.sh --model Qwen/Qwen3-4B-Instruct-2507
set -euo pipefail

usage() {
  cat <<'TEXT'
usage: recipes/eval_tau2.sh --model NAME [options]
  --model NAME         the checkpoint's name, as its server knows it
  --url URL            where it is served                     [http://127.0.0.1:30000/v1]
  --domains "A B"      the benchmark's domains                ["retail airline"]
  --user-llm NAME      plays the user; the leaderboard's      [gpt-4.1-2025-04-14]
  --trials N           trials of every task                   [4]
  --temperature T      of the checkpoint                      [0.0]
  --together N         conversations at a time                [8]
  --seed N                                                    [300]
  --dry-run            print the commands and run nothing
TEXT
}

model="" url="http://127.0.0.1:30000/v1" domains="retail airline" user_llm="gpt-4.1-2025-04-14"
trials=4 temperature=0.0 together=8 seed=300 dry_run=""

while (($#)); do
  case "$1" in
    --dry-run) dry_run=yes; shift; continue ;;
    -h | --help) usage; exit 0 ;;
  esac
  if (($# < 2)); then
    echo "error: $1 needs a value" >&2
    usage >&2
    exit 2
  fi
  case "$1" in
    --model) model=$2 ;;
    --url) url=$2 ;;
    --domains) domains=$2 ;;
    --user-llm) user_llm=$2 ;;
    --trials) trials=$2 ;;
    --temperature) temperature=$2 ;;
    --together) together=$2 ;;
    --seed) seed=$2 ;;
    *) echo "error: there is no option $1" >&2; usage >&2; exit 2 ;;
  esac
  shift 2
done
if [[ -z $model ]]; then
  echo "error: --model is missing" >&2
  usage >&2
  exit 2
fi
if [[ -z $dry_run ]] && ! command -v tau2 >/dev/null; then
  echo "error: tau2 is not installed; see the head of $0" >&2
  exit 1
fi

# LiteLLM, which tau2-bench calls models with, takes any OpenAI-compatible server as openai/NAME with an api_base
agent_args=$(printf '{"api_base": "%s", "api_key": "none", "temperature": %s}' "$url" "$temperature")
for domain in $domains; do
  command=(tau2 run --domain "$domain" --task-split-name base --num-trials "$trials" --seed "$seed"
    --agent-llm "openai/$model" --agent-llm-args "$agent_args"
    --user-llm "$user_llm" --user-llm-args '{"temperature": 0.0}'
    --max-concurrency "$together" --save-to "${model//\//-}-$domain-$trials-trials")
  printf '%q ' "${command[@]}"
  printf '\n'
  [[ -n $dry_run ]] || "${command[@]}"
done
