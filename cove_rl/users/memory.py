"""What a customer remembers of their task: wrong at first, perhaps, and right from then on."""

from cove_rl.tasks.task import Task
from cove_rl.users.slips import slips_of
from cove_rl.world.hint import Check, Hint, Value

_NOTHING = Check()


class Memory:
    """Recalls the hints of a task.

    Args:
        task: the task.
    """

    def __init__(self, task: Task) -> None:
        self._slips = slips_of(task)
        self._slipping = {number for number, _ in self._slips}
        self._astray: dict[int | None, Hint] = {}
        self._regrets: dict[int | None, Check] = {}

    def recall(self, number: int | None, hint: Hint) -> Hint:
        """Return a hint as it is told now.

        Args:
            number: the place of its request in the task.
            hint: the hint as it should be told.
        """
        place = None if hint.slot == "identity" else number
        slip = self._slips.pop((place, hint.slot), None)
        if slip is not None:
            self._astray[place] = hint
            self._regrets[place] = Check(never=tuple(word for word in _texts(slip) if word not in _texts(hint)))
            return slip
        if place in self._astray and self._astray[place].slot == hint.slot:
            del self._astray[place]
        return hint

    def slips(self, number: int) -> bool:
        """Return whether something of a request is told wrong at some time."""
        return number in self._slipping

    def is_astray(self, number: int | None) -> bool:
        """Whether something of a request was told wrong and has not been told again."""
        return number in self._astray

    def regrets(self, number: int | None) -> Check:
        """Return the check that finds, in a proposal, what was told wrong."""
        return self._regrets.get(number, _NOTHING)

    def astray(self) -> dict[int | None, Hint]:
        """Return what was told wrong and not told again, as it should be, by the request's place in the task."""
        return dict(self._astray)


def _texts(hint: Hint) -> list[str]:
    """Return the texts a hint is made of, those of hints inside it as well."""
    return [text for value in hint.values.values() for text in _inside(value)]


def _inside(value: Value) -> list[str]:
    if isinstance(value, str):
        return [value]
    return list(value.values()) if isinstance(value, dict) else [text for hint in value for text in _texts(hint)]
