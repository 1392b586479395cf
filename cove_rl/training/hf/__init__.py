"""A rollout engine for verl around transformers' own generation: for CPUs, and where SGLang cannot be installed."""
