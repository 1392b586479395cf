"""What is said about endpoints in a configuration."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Seconds = Annotated[float, Meta(gt=0)]
Count = Annotated[int, Meta(ge=1)]
Number = Annotated[float, Meta(ge=0)]


class EndpointSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model behind one OpenAI-compatible URL (SGLang, vLLM, a hosted API).

    Attributes:
        url: base URL, up to and including ``/v1``.
        model: the model's name, as the server knows it.
        key_env: name of the environment variable with the API key; "" if the server asks for none.
        deadline: seconds a call may take, with its wait for a free slot, its retries and the pauses between them.
        timeout: seconds one attempt may take.
        retries: further attempts after one that failed in a way another may not.
        backoff: the first pause is between 0 and this many seconds, the next up to twice that, and so on.
        longest_pause: no pause is longer, in seconds, whatever the server asks for.
        concurrency: calls under way at once, in one process.
        rate: calls a second, in one process; 0 for no limit.
        max_tokens: tokens of a reply, reasoning included.
        max_bytes: bytes of a response; a longer one counts as broken.
        temperature: how freely the model words things.
        seeded: whether to send a seed; some servers reject one.
        extra: further keys of the request's body, such as ``chat_template_kwargs``.
        prompt_price: cost of a million tokens read, in whatever currency.
        completion_price: cost of a million tokens written.
    """

    url: Annotated[str, Meta(pattern=r"^https?://[^\s@]+$")]
    model: Annotated[str, Meta(min_length=1)]
    key_env: Annotated[str, Meta(pattern=r"^([A-Za-z_][A-Za-z0-9_]*)?$")] = ""
    deadline: Seconds = 100.0
    timeout: Seconds = 60.0
    retries: Annotated[int, Meta(ge=0)] = 3
    backoff: Seconds = 0.5
    longest_pause: Seconds = 20.0
    concurrency: Count = 64
    rate: Number = 0.0
    max_tokens: Count = 512
    max_bytes: Annotated[int, Meta(ge=1024)] = 1_048_576
    temperature: Number = 0.7
    seeded: bool = True
    extra: dict[str, Any] = {}
    prompt_price: Number = 0.0
    completion_price: Number = 0.0

    @property
    def name(self) -> str:
        """The endpoint in records and metrics: its model, at its host."""
        return f"{self.model}@{self.url.split('/')[2]}"


class Circuit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a member of an ensemble counts as down.

    Attributes:
        failures: so many calls in a row have failed.
        pause: seconds until one call may try whether it is up again.
    """

    failures: Count = 3
    pause: Seconds = 30.0
