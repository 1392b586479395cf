"""What of a model's text the customer says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.agents.oracle import Oracle
from cove_rl.episode.episode import STOP, run_episode
from cove_rl.synth.tasks import finished
from cove_rl.users.cleaning import cleaned, is_useless
from cove_rl.users.scripted import ScriptedUser

from .stage import tasks, world


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  I want to\n\nreturn it. ", "I want to return it."),
        ('"I want to return it."', "I want to return it."),
        ("\u201cI want to return it.\u201d", "I want to return it."),
        ('"Return" it, please, "now"', '"Return" it, please, "now"'),
        ("Customer: I want to return it.", "I want to return it."),
        ("**User:** I want to return it.", "I want to return it."),
        ("My name is Ada: Ada Wong.", "My name is Ada: Ada Wong."),
        ("I want to return it.\nAgent: Which item?\nCustomer: The lamp.", "I want to return it."),
        ("Sure.\n**Service agent**: Done.", "Sure."),
        ("The agent: a nice one.", "The agent: a nice one."),
        ("<response>Yes, please.</response><|im_end|>", "Yes, please."),
        ('Yes.<tool_call>{"name": "x"}</tool_call> Go on.', "Yes. Go on."),
        ('Yes.<tool_call>\n{"name": "x"', "Yes."),
        ("```text\nYes.\n```", "Yes."),
        ("A price below < 5 and > 3 is fine.", "A price below < 5 and > 3 is fine."),
        ("Yes\x00\x1b[31m now", "Yes [31m now"),
        (f"Bye! {STOP}", f"Bye! {STOP}"),
        (f"Bye!{STOP} Agent: bye", f"Bye! {STOP}"),
        (f"{STOP} {STOP}", STOP),
        ("Bye! ### STOP ###", f"Bye! {STOP}"),
        ("Bye! ###stop", f"Bye! {STOP}"),
        ("Please stop. STOP!", "Please stop. STOP!"),
        ("Assistant: I can help you.", ""),
        ("", ""),
    ],
)
def test_what_is_said(text: str, said: str) -> None:
    assert cleaned(text, 200) == said


def test_a_long_message_is_cut_after_a_sentence() -> None:
    assert cleaned("One two. Three four. Five six.", 25) == "One two. Three four."
    assert cleaned("word " * 50, 24) == "word word word word"
    assert cleaned("x" * 50 + f". {STOP}", 20) == f"{'x' * 20} {STOP}"


PIECES = st.sampled_from(
    [STOP, "###", "STOP", '"', "Agent:", "\nAgent:", "<tool_call>", "</tool_call>", "<|", "|>", "a. "]
)


@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=12).map("".join), st.integers(1, 60))
def test_a_message_is_one_line_bounded_with_a_stop_at_its_end_only(text: str, longest: int) -> None:
    said = cleaned(text, longest)
    assert all(letter.isprintable() for letter in said)
    assert said == " ".join(said.split())
    assert STOP not in said.removesuffix(STOP)
    assert len(said.removesuffix(STOP).strip()) <= longest


@given(st.lists(st.one_of(PIECES, st.text(max_size=20)), max_size=12).map("".join))
def test_no_stop_is_made_up(text: str) -> None:
    if "stop" not in text.lower():
        assert STOP not in cleaned(text, 200)


def test_what_the_scripted_user_says_is_clean() -> None:
    for task in tasks()[:60]:
        played = finished(run_episode(task, world(), Oracle(task.domain, task.seed), ScriptedUser(task)))
        for message in played.messages:
            if message.role == "user":
                assert cleaned(message.content, 4000) == message.content


@pytest.mark.parametrize(
    ("said", "heard", "first", "useless"),
    [
        ("Hello.", "Hi!", True, False),
        ("", "Hi!", False, True),
        ("...", "Hi!", False, True),
        ("\u3042", "Hi!", False, False),
        ("hi!", "Hi!", False, True),
        (STOP, "Done.", False, False),
        (STOP, "Hi!", True, True),
        (f"Bye. {STOP}", "Hi!", True, True),
    ],
)
def test_what_is_of_no_use(said: str, heard: str, first: bool, useless: bool) -> None:
    assert is_useless(said, heard, first=first) is useless
