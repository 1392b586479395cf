"""What a customer decides can be looked at before it is said, and says the same as ever."""

import asyncio
from hashlib import sha256

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from cove_rl.episode.episode import STOP
from cove_rl.episode.trajectory import Message
from cove_rl.synth.tasks import finished, solve
from cove_rl.tasks.task import Task
from cove_rl.users.scripted import ScriptedUser

from .stage import Talk, tasks, world

DIALOGUES = "94633ec7"
"""Start of the digest of the dialogues below; a change of wordings or tasks changes it, nothing else should."""
AGENT = ["Could you tell me your e-mail, and which order it is?", "I'm sorry, no.", "", "Shall I go ahead?", "Done."]


def test_dialogues_are_the_same_bytes_as_ever() -> None:
    digest = sha256()
    for task in tasks()[:100]:
        digest.update(msgspec.json.encode(finished(solve(task, world())).trajectory))
    assert digest.hexdigest()[:8] == DIALOGUES


@given(st.sampled_from(tasks()), st.lists(st.sampled_from(AGENT), max_size=8))
def test_what_is_decided_is_what_is_said(task: Task, texts: list[str]) -> None:
    talk, deciding = Talk(task), ScriptedUser(task)
    deciding.decide(talk.messages[:1])
    for text in texts:
        if talk.over:
            break
        said = talk.say(text)
        turn = deciding.decide(talk.messages[:-1])
        assert turn.text == said
        assert turn.stops == (STOP in said)
        for sentence in turn.sentences:
            assert len(sentence.phrases) == len(sentence.hints)
            assert all(phrase.lower() in sentence.text.lower() for phrase in sentence.phrases)


def test_deciding_is_one_turn_of_the_same_customer() -> None:
    task = tasks()[0]
    greeting = [Message("assistant", "Hi!")]
    said = asyncio.run(ScriptedUser(task).reply(greeting))
    assert said == Message("user", ScriptedUser(task).decide(greeting).text)
