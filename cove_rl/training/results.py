"""Tool results as a policy reads them: cut where they are too long."""

from typing import Any


def bounded(tokenizer: Any, content: str, limit: int) -> str:
    """Return a tool result of at most `limit` tokens, cut in the middle where it is too long; it says so.

    Args:
        tokenizer: the policy's.
        content: the whole result.
        limit: tokens, at most.
    """
    if len(content.encode()) <= limit:  # a token is at least one byte
        return content
    tokens = tokenizer.encode(content, add_special_tokens=False)
    keep = limit
    while len(tokenizer.encode(content, add_special_tokens=False)) > limit:
        keep -= max(1, limit // 16)
        head, tail = tokens[: keep // 2], tokens[len(tokens) - keep // 2 :]
        left_out = f" [... {len(tokens) - len(head) - len(tail)} tokens left out ...] "
        content = tokenizer.decode(head) + left_out + tokenizer.decode(tail)
    return content
