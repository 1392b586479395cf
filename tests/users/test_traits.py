"""Customers who are hard to serve: what they do more, what they still never do, and that they can be served."""

from hashlib import sha256
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from cove_rl.audit.audit import audit
from cove_rl.episode.episode import STOP
from cove_rl.sandbox import read_yaml
from cove_rl.synth.tasks import finished, solve
from cove_rl.tasks.task import PLAIN, Task, Traits, decode_task, encode_task
from cove_rl.users.hybrid import HybridUser
from cove_rl.users.model import instructions
from cove_rl.users.rewording import RuleModel
from cove_rl.users.scripted import ScriptedUser
from cove_rl.users.slips import slips_of
from cove_rl.world.hint import Hint

from .stage import GRAMMAR, Talk, acts, tasks, world

LINES = read_yaml("speech.yaml")["customer"]
MIXED = Traits(patience=1, typos=0.3, digressions=0.4, together=3, slips=0.6, corrects="late")
EACH = {
    "typos": Traits(typos=0.5),
    "digressions": Traits(digressions=0.8),
    "patience": Traits(patience=1),
    "together": Traits(together=3),
    "slips, late": Traits(slips=1.0),
    "slips, at once": Traits(slips=1.0, corrects="at_once"),
    "all, late": MIXED,
    "all, at once": replace(MIXED, corrects="at_once"),
}
TRAITS = st.sampled_from(list(EACH.values()))
AGENT = ["Which order is it?", "Shall I go ahead?", "Done. Anything else?", "I'm sorry, I can't.", "One moment.", "",
         "What is your e-mail?", "Which payment method?", "What else?", "I would return the Tent. Okay?"]  # fmt: skip


def with_traits(task: Task, traits: Traits) -> Task:
    return replace(task, persona=replace(task.persona, traits=traits))


@pytest.mark.parametrize("traits", EACH.values(), ids=EACH)
def test_the_oracle_serves_them(traits: Traits) -> None:
    """Nearly all of the time: very long conversations run into the limit of turns, and the sampler drops them."""
    solved = [finished(solve(with_traits(task, traits), world())) for task in tasks(400)[:80]]
    lost = [one for one in solved if not one.is_solved]
    assert len(lost) <= 2
    assert all(one.trajectory.outcome.ending == "max_agent_turns" for one in lost)


@pytest.mark.parametrize("traits", EACH.values(), ids=EACH)
def test_an_audit_finds_no_fault_in_them(traits: Traits) -> None:
    for task in tasks()[:40]:
        hard = with_traits(task, traits)
        assert audit(hard, world(), finished(solve(hard, world())).trajectory).findings == ()


def test_no_traits_and_plain_ones_are_the_same_customer() -> None:
    for task in tasks()[:40]:
        plain = finished(solve(with_traits(task, PLAIN), world()))
        assert plain.trajectory == finished(solve(task, world())).trajectory


def test_traits_left_out_of_a_file_stay_out_and_those_given_stay_in() -> None:
    for task in tasks()[:20]:
        assert b"traits" not in encode_task(task)
        assert decode_task(encode_task(task)) == task
        hard = with_traits(task, MIXED)
        assert decode_task(encode_task(hard)) == hard
        assert msgspec.json.decode(encode_task(hard))["persona"]["traits"] == msgspec.to_builtins(MIXED)


@given(st.sampled_from(tasks()), TRAITS, st.lists(st.sampled_from(AGENT), max_size=12))
@settings(max_examples=60)
def test_they_say_the_same_to_the_same_agent_and_never_hang_up_early(
    task: Task, traits: Traits, texts: list[str]
) -> None:
    hard = with_traits(task, traits)
    talk = Talk(hard).play(texts)
    assert talk.said == Talk(hard).play(texts).said
    assert all(STOP not in text for text in talk.said[:-1])
    if talk.over:
        told = set(acts(talk.said))
        assert {request.act for request in task.requests} <= told


@given(st.sampled_from(tasks()), st.lists(st.sampled_from(AGENT), max_size=8))
def test_typos_change_letters_and_no_facts(task: Task, texts: list[str]) -> None:
    clean, spelt = Talk(task).play(texts), Talk(with_traits(task, Traits(typos=1.0))).play(texts)
    assert [GRAMMAR.hear(text) for text in spelt.said] == [GRAMMAR.hear(text) for text in clean.said]
    assert [GRAMMAR.spelling.correct(text) for text in spelt.said] == clean.said


def test_typos_digressions_and_complaints_do_occur() -> None:
    said = dict.fromkeys(EACH, "")
    for name, traits in EACH.items():
        for task in tasks()[:25]:
            said[name] += " ".join(
                Talk(with_traits(task, traits)).play(["One moment.", "Hold on.", "Wait, please."]).said
            )
    assert any(word in said["typos"] for word in GRAMMAR.spelling.misspellings)
    assert any(line in said["digressions"] for line in LINES["digression"])
    assert any(line in said["patience"] for line in LINES["complaint"])
    others = "".join(said[name] for name in ("typos", "together", "slips, late"))
    assert not any(line in others for line in (*LINES["digression"], *LINES["complaint"]))


def test_patience_is_lost_by_messages_that_lead_nowhere_alone() -> None:
    for task in tasks()[:25]:
        patient = Talk(with_traits(task, Traits(patience=2)))
        said = [patient.say("One moment.") for _ in range(4)]
        grumbles = [any(line in text for line in LINES["complaint"]) for text in said]
        assert grumbles == [False, False, True, True]


def test_several_requests_are_made_at_once() -> None:
    together = 0
    for task in tasks():
        first = Talk(with_traits(task, Traits(together=3))).said[0]
        made = [heard.act for heard in GRAMMAR.hear(first) if heard.act != "inform"]
        assert made == [request.act for request in task.requests[: len(made)]]
        assert len(set(made)) == len(made) <= 3
        together += len(made) > 1
    assert together > 30


def slipping() -> list[tuple[Task, int, Hint]]:
    """Tasks whose customers tell something of their first request wrong, and what."""
    found = []
    for task in tasks(400):
        hard = with_traits(replace(task, persona=replace(task.persona, openness="open")), Traits(slips=1.0))
        found += [(hard, number, slip) for (number, _), slip in slips_of(hard).items() if number == 0]
    return found


def true_hint(task: Task, slip: Hint) -> Hint:
    (meant,) = (hint for hint in task.requests[0].hints if hint.slot == slip.slot)
    return meant


def told(talk: Talk, slot: str) -> list[Hint]:
    return [heard.hints[slot] for heard in GRAMMAR.hear(talk.last) if slot in heard.hints]


@pytest.mark.parametrize("proposal", ["Shall I go ahead?", "Do you confirm (yes/no)?"])
def test_what_was_told_wrong_is_put_right_before_it_is_agreed_to(proposal: str) -> None:
    found = slipping()
    assert len(found) > 100
    assert len({slip.slot for _, _, slip in found}) >= 4
    for task, _, slip in found[:100]:
        talk = Talk(task)
        wrong = GRAMMAR.hear(talk.said[0])
        talk.say(proposal)
        assert talk.heard()[0].act == "no"
        (right,) = told(talk, slip.slot)
        assert not any(heard.hints.get(slip.slot) == right for heard in wrong)
        meant = GRAMMAR.read(slip.slot, GRAMMAR.word(true_hint(task, slip), Random(1)))
        assert meant is not None
        assert right.form == meant.form


def test_who_corrects_themselves_at_once_does_so_in_the_next_message() -> None:
    for task, _, slip in slipping()[:60]:
        quick = replace(task, persona=replace(task.persona, traits=Traits(slips=1.0, corrects="at_once")))
        talk = Talk(quick)
        talk.say("One moment.")
        assert any(line in talk.last for line in LINES["misspoke"])
        assert told(talk, slip.slot)
        after = talk.say("One moment.")
        assert not any(line in after for line in LINES["misspoke"])


def test_a_slip_is_told_once() -> None:
    for task, _, slip in slipping()[:60]:
        talk = Talk(task)
        first = [heard.hints[slip.slot] for heard in GRAMMAR.hear(talk.said[0]) if slip.slot in heard.hints]
        for _ in range(3):
            talk.say("Which order, which items, what reason, which payment method and which address is it?")
            assert not set(map(repr, told(talk, slip.slot))) & set(map(repr, first))


def test_a_model_is_told_of_traits_it_can_have() -> None:
    task, told = tasks()[0], read_yaml("user.yaml")["traits"]
    assert told.keys() == {"patience", "typos", "digressions"}
    assert all(text in instructions(with_traits(task, MIXED)) for text in told.values())
    assert not any(text in instructions(with_traits(task, PLAIN)) for text in told.values())
    assert instructions(with_traits(task, PLAIN)) == instructions(task)


def test_slips_follow_from_the_task_alone() -> None:
    digest = sha256()
    for task in tasks():
        slips = slips_of(with_traits(task, Traits(slips=1.0)))
        assert slips == slips_of(with_traits(task, Traits(slips=1.0)))
        assert slips_of(task) == {}
        for (number, slot), slip in slips.items():
            hints = task.identity if number is None else task.requests[number].hints
            assert slip.slot == slot
            assert all(slip.values != hint.values or slip.form != hint.form for hint in hints if hint.slot == slot)
            digest.update(msgspec.json.encode(slip))
    assert digest.digest()


@given(st.sampled_from(tasks()), TRAITS, st.lists(st.sampled_from(AGENT), max_size=6))
@settings(max_examples=40)
def test_hybrid_customers_have_the_same_traits(task: Task, traits: Traits, texts: list[str]) -> None:
    hard = with_traits(task, traits)
    scripted, hybrid = ScriptedUser(hard), HybridUser(hard, RuleModel(task.seed, 0.2), strict=True)
    talk = Talk(hard)
    talk.play(texts)
    for end in range(1, len(talk.messages), 2):
        meant = finished(scripted.reply(talk.messages[:end])).content
        said = finished(hybrid.reply(talk.messages[:end])).content
        assert GRAMMAR.hear(said) == GRAMMAR.hear(meant)
