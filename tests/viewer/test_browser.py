"""The viewer in a real browser: lists, filters, steps by keyboard, explains a failure, survives hostile content."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from playwright.sync_api import Browser, Error, Page, expect

from cove_rl.tasks.task import encode_task
from cove_rl.tasks.worlds import Worlds
from cove_rl.viewer.archive import write_archive
from cove_rl.viewer.episode_detail import judge
from cove_rl.viewer.opening import collect
from cove_rl.viewer.rollout import RecordedRollout, pack
from cove_rl.viewer.server import serving

from .conftest import Watched, opened
from .samples import HEBREW, LONG, SCRIPT, examples, write

TITLES = [one.task.id for one in examples()]
FAILED = next(place for place, one in enumerate(examples()) if one.facts.redundant)
HOSTILE = len(TITLES) - 1


def open_number(page: Page, place: int) -> None:
    """Choose a conversation and wait until it is shown."""
    page.evaluate(f"location.hash = '#{place + 1}'")
    page.wait_for_selector(f"#reading[data-shown='{place}']")


def titles(page: Page) -> list[str]:
    """Return the names of the rows on the screen."""
    return page.locator(".row strong").all_text_contents()


def test_the_list_has_every_conversation_in_order(watched: Watched) -> None:
    assert titles(watched.page) == TITLES
    assert watched.page.locator("#status").text_content() == f"{len(TITLES)} conversations"
    marks = watched.page.locator(".row .mark").all_text_contents()
    assert marks == ["✓" if one.facts.success else "✗" for one in examples()]


def test_filters_narrow_the_list_and_combine(watched: Watched) -> None:
    page = watched.page
    page.select_option("#facet-domain", "airline")
    wanted = [one for one in examples() if one.facts.domain == "airline"]
    assert titles(page) == [one.task.id for one in wanted]
    page.select_option("#facet-success", "failure")
    failures = [one.task.id for one in wanted if not one.facts.success]
    assert titles(page) == failures != []
    assert page.locator("#active").text_content() == "(2)"
    page.select_option("#facet-domain", "")
    page.select_option("#facet-success", "")
    assert titles(page) == TITLES


def test_every_facet_leaves_what_its_option_says(watched: Watched) -> None:
    page = watched.page
    facets = page.locator("#facets select:not(#order)")
    assert facets.count() >= 6
    for number in range(facets.count()):
        for option in facets.nth(number).locator("option").all()[1:]:
            facets.nth(number).select_option(option.get_attribute("value"))
            counted = (option.text_content() or "").rpartition("(")[2].removesuffix(")")
            assert page.locator(".row").count() == int(counted)
        facets.nth(number).select_option("")


def test_the_list_is_sorted_as_asked(watched: Watched) -> None:
    watched.page.select_option("#order", "worst score first")
    scores = [one.facts.score for one in examples()]
    assert titles(watched.page) == [TITLES[place] for place in sorted(range(len(TITLES)), key=scores.__getitem__)]


def test_search_finds_what_was_said(watched: Watched) -> None:
    page = watched.page
    page.keyboard.press("/")
    page.keyboard.type("לבטל")
    expect(page.locator(".row")).to_have_count(1)
    assert titles(page) == [TITLES[HOSTILE]]
    page.fill("#search", "no conversation says this")
    expect(page.locator(".row")).to_have_count(0)
    page.fill("#search", "")
    expect(page.locator(".row")).to_have_count(len(TITLES))


def test_the_keyboard_steps_through_and_opens(watched: Watched) -> None:
    page = watched.page
    for place, key in enumerate(("j", "ArrowDown", "j", "j")):
        page.keyboard.press(key)
        page.wait_for_selector(f"#reading[data-shown='{place}']")
        assert page.locator("#reading h2").text_content() == TITLES[place]
        assert page.locator("#list").get_attribute("aria-activedescendant") == f"row-{place}"
    page.keyboard.press("k")
    page.wait_for_selector("#reading[data-shown='2']")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "reading"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.id") == "list"


def test_f_unfolds_and_folds_all_calls(watched: Watched) -> None:
    page = watched.page
    open_number(page, 0)
    calls = page.locator("details.call").count()
    assert calls == len(examples()[0].trajectory.calls())
    assert page.locator("details.call[open]").count() == 0
    page.keyboard.press("f")
    assert page.locator("details.call[open]").count() == calls
    page.keyboard.press("f")
    assert page.locator("details.call[open]").count() == 0


def test_only_the_rows_on_the_screen_exist(chromium: Browser, tmp_path: Path) -> None:
    many = collect([write(tmp_path / "many.jsonl", examples()[:3] * 700)])
    with serving(many, "many") as address:
        for one in opened(chromium, address, address, 1280, 800):
            page = one.page
            for key, last in (("Home", 0), ("End", 2099), ("PageUp", 2089)):
                page.keyboard.press(key)
                page.wait_for_selector(f"#reading[data-shown='{last}']")
                assert page.locator(".row").count() < 60
                expect(page.locator(".row[aria-selected=true]")).to_have_attribute("aria-posinset", str(last + 1))
                expect(page.locator(".row[aria-selected=true]")).to_be_in_viewport()


def test_help_lists_the_keys(watched: Watched) -> None:
    watched.page.keyboard.press("?")
    expect(watched.page.locator("#help")).to_be_visible()
    watched.page.keyboard.press("Escape")
    expect(watched.page.locator("#help")).to_be_hidden()


def test_a_failed_episode_says_what_is_missing_and_what_was_too_much(watched: Watched, pictures: Path | None) -> None:
    page, example = watched.page, examples()[FAILED]
    open_number(page, FAILED)
    assert page.locator(".checks li").count() == example.facts.constraints
    missed = round(example.facts.constraints * (1 - example.facts.satisfied))
    assert page.locator(".checks li.bad").count() == missed > 0
    assert "should be" in (page.locator(".checks li.bad").first.text_content() or "")
    assert page.locator("details.call.redundant").count() == example.facts.redundant > 0
    assert page.locator("#section-changes ins").count() > 0
    assert page.locator("#section-figures").text_content()
    if pictures:
        page.screenshot(path=pictures / "viewer.png")
    page.locator("#section-redundant .jump").first.click()
    expect(page.locator("details.call.redundant").first).to_have_attribute("open", "")


def test_a_check_leads_to_the_call_that_met_it(watched: Watched) -> None:
    page = watched.page
    open_number(page, 0)
    link = page.locator(".checks li.good .jump").first
    number = (link.text_content() or "").removeprefix("call ")
    link.click()
    expect(page.locator(f"#call-{number}")).to_have_attribute("open", "")
    assert page.locator(f"#call-{number} .badge.good").count() >= 1


def test_the_audits_findings_stand_at_their_message(watched: Watched) -> None:
    place = next(place for place, one in enumerate(examples()) if one.facts.user_faults and place != HOSTILE)
    open_number(watched.page, place)
    fault = watched.page.locator(".turn.user .fault").first
    assert "stopped_unrevealed" in (fault.text_content() or "")


def test_hostile_content_stays_text(watched: Watched) -> None:
    page = watched.page
    open_number(page, HOSTILE)
    assert page.locator("#reading h2").text_content() == SCRIPT
    assert page.locator("#reading script, #reading img").count() == 0
    bubbles = page.locator(".bubble").all_text_contents()
    assert bubbles[0] == SCRIPT
    assert bubbles[1] == "abc⟨U+202E⟩gnp.exe⟨U+202C⟩␀␇␛[31m"
    assert bubbles[3] == HEBREW + SCRIPT
    assert "samples" in page.title()
    page.keyboard.press("f")
    assert SCRIPT.replace('"', '\\"') in (page.locator("pre.arguments").first.text_content() or "")
    assert str(2**60) in (page.locator("pre.arguments").first.text_content() or "")


def test_a_megabyte_is_clipped_until_it_is_asked_for(watched: Watched) -> None:
    page = watched.page
    open_number(page, HOSTILE)
    clipped = page.locator(".clipped .bubble").first
    assert len(clipped.text_content() or "") < 5000
    page.get_by_role("button", name="Show all 1,250,000 characters").click()
    assert clipped.text_content() == LONG


def test_right_to_left_text_is_shown_right_to_left(watched: Watched) -> None:
    open_number(watched.page, HOSTILE)
    direction = "(one) => getComputedStyle(one).direction"
    bubbles = watched.page.locator(".bubble")
    assert [bubbles.nth(number).evaluate(direction) for number in (0, 3)] == ["ltr", "rtl"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colours_follow_the_system_and_the_toggle(
    chromium: Browser, address: str, scheme: Literal["light", "dark"], pictures: Path | None
) -> None:
    def darkness(page: Page) -> bool:
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
        return sum(int(part) for part in colour[4:-1].split(",")) < 200

    for one in opened(chromium, address, address, 1280, 800, scheme):
        assert darkness(one.page) == (scheme == "dark")
        open_number(one.page, FAILED)
        if pictures and scheme == "dark":
            one.page.locator("#section-redundant .jump").first.click()
            one.page.screenshot(path=pictures / "viewer-dark.png", animations="disabled")
        one.page.click("#theme")
        assert darkness(one.page) == (scheme != "dark")
        one.page.reload()
        one.page.wait_for_selector(".row")
        assert darkness(one.page) == (scheme != "dark")


def test_on_a_phone_the_conversation_covers_the_list(chromium: Browser, address: str, pictures: Path | None) -> None:
    for one in opened(chromium, address, address, 390, 780):
        page = one.page
        expect(page.locator("#reading")).to_be_hidden()
        page.locator(".row").nth(FAILED).click()
        page.wait_for_selector(f"#reading[data-shown='{FAILED}']")
        expect(page.locator("#list")).to_be_hidden()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert page.evaluate("document.getElementById('reading').scrollWidth") <= 390
        if pictures:
            page.screenshot(path=pictures / "viewer-phone.png")
        page.get_by_role("button", name="← List").click()
        expect(page.locator("#list")).to_be_visible()


def rollout() -> RecordedRollout:
    """Return a recorded rollout whose tokens are the bytes of a few words, each less likely than the one before."""
    example = examples()[0]
    judged = judge(example.task, example.trajectory, Worlds())
    text = "prompt" + "sure é" + "masked"
    mask = [1] * len("sure é".encode()) + [0] * len("masked")
    logprobs = [-1.0 * place for place in range(len(mask))]
    tokens = pack(list(text.encode()), 6, mask, logprobs, lambda ids: bytes(ids).decode(errors="replace"))
    task = msgspec.Raw(encode_task(example.task))
    return RecordedRollout(task, example.trajectory, tokens, judged.verdict, judged.audit, 3)


def test_a_rollouts_tokens_are_painted_by_mask_and_probability(chromium: Browser, tmp_path: Path) -> None:
    with serving(collect([write(tmp_path / "rollouts.jsonl", [rollout()])]), "rollouts") as address:
        for one in opened(chromium, address, address, 1280, 800):
            page = one.page
            open_number(page, 0)
            page.get_by_role("tab", name="Tokens").click()
            shown = page.locator(".tokens .token")
            assert "".join(shown.all_text_contents()) == "sure émasked"
            assert "".join(page.locator(".tokens .sampled").all_text_contents()) == "sure é"
            levels = [str(shown.nth(place).get_attribute("class"))[-1] for place in range(5)]
            assert levels == ["0", "2", "2", "3", "3"]  # exp(0), exp(-1), exp(-2), ...
            shown.nth(1).hover()
            assert page.locator(".told").text_content() == "token 7, id 117: sampled, log-probability -1.0000 (36.79 %)"
            page.get_by_role("button", name="Show the prompt's 6 tokens").click()
            assert "".join(shown.all_text_contents()) == "promptsure émasked"
            page.get_by_role("tab", name="Messages").click()
            expect(page.locator(".bubble").first).to_be_visible()


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The viewer in one file, with more conversations than a chunk has."""
    folder = tmp_path_factory.mktemp("held")
    path = folder / "page.html"
    write_archive(collect([write(folder / "samples.jsonl", examples() * 3)]), path, "</title><script>1</script>")
    return path


@pytest.fixture
def archived(chromium: Browser, held: Path) -> Iterator[Watched]:
    """The one file, opened without a server."""
    yield from opened(chromium, held.as_uri(), held.as_uri(), 1280, 800)


def test_one_file_shows_all_without_a_server(archived: Watched) -> None:
    page = archived.page
    assert page.locator("#status").text_content() == f"{3 * len(TITLES)} conversations"
    for place in (0, FAILED, 2 * len(TITLES) + FAILED):
        open_number(page, place)
        assert page.locator("#reading h2").text_content() == TITLES[place % len(TITLES)]
    assert page.locator("details.call.redundant").count() == examples()[FAILED].facts.redundant
    open_number(page, HOSTILE)
    assert page.locator(".bubble").first.text_content() == SCRIPT


def test_one_file_can_be_searched(archived: Watched) -> None:
    archived.page.fill("#search", "לבטל")
    expect(archived.page.locator("#status")).to_have_text(f"3 of {3 * len(TITLES)} conversations")


@pytest.mark.parametrize(
    "attempt",
    [
        "document.body.innerHTML = '<b>x</b>'",
        "Object.assign(document.createElement('script'), {src: 'data:text/javascript,1'})",
        "Object.assign(document.createElement('script'), {textContent: '1'})",
        "await fetch('http://127.0.0.2:9/')",
    ],
)
def test_the_pages_policy_lets_nothing_else_in(chromium: Browser, address: str, attempt: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    page.goto(address)
    with pytest.raises(Error, match=r"Trusted|Failed to fetch"):
        page.evaluate(f"async () => {{ {attempt}; }}")
    context.close()
