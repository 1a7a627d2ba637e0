"""One table of keys: the footer, the help, the palette and Textual's bindings are made from it."""

from __future__ import annotations

from attrs import frozen
from textual.binding import Binding, BindingType

from bema_tui.operations.possible import FORBIDDEN_WHEN_READ_ONLY, Operation

OVERVIEW, PLAN = "overview", "plan"
EVERYWHERE = frozenset({OVERVIEW, PLAN})


@frozen
class Key:
    """One key: what it is called in each place, and what it may do."""

    id: str
    """Its name in the program."""
    key: str
    """The keys by Textual's names."""
    label: str
    """The footer's word, where no offer has a better one."""
    tooltip: str
    """What it does, for the help and the palette."""
    rank: int
    """Its place when the footer is packed; 0 stands at the right edge."""
    group: str
    """The heading of the help that it stands under."""
    shown: str = ""
    """The key as people write it, where it differs from Textual's name."""
    does: tuple[Operation, ...] = ()
    """What it can do to the row under the cursor; it is on only where one of them is offered."""
    first: bool = False
    """Whether it is taken before the widget with the focus: what is typed right behind it goes where it leads."""
    screens: frozenset[str] = EVERYWHERE
    """The screens that have it."""

    @property
    def name(self) -> str:
        """The key as shown."""
        return self.shown or self.key

    @property
    def writes(self) -> bool:
        """Whether read-only mode forbids all that it does."""
        return bool(self.does) and FORBIDDEN_WHEN_READ_ONLY.issuperset(self.does)


KEYS = (
    Key(
        "apply",
        "A",
        "apply",
        "Apply the plan on the screen",
        1,
        "plan",
        does=(Operation.APPLY,),
        screens=frozenset({PLAN}),
    ),
    Key(
        "sync",
        "s",
        "sync",
        "Plan a sync and show it; open what waits, resume what stopped",
        1,
        "run",
        does=(Operation.SYNC, Operation.RESUME),
    ),
    Key(
        "plan",
        "d",
        "plan",
        "Make the plan only; nothing is written outside",
        1,
        "run",
        does=(Operation.PLAN,),
        screens=frozenset({OVERVIEW}),
    ),
    Key(
        "stop",
        "x",
        "stop",
        "Stop the run at its next safe point; a plan that waits is discarded",
        1,
        "run",
        does=(Operation.STOP, Operation.DISCARD),
    ),
    Key(
        "pause",
        "p",
        "pause",
        "Pause or continue the run; it keeps its lock",
        1,
        "run",
        does=(Operation.PAUSE, Operation.CONTINUE),
    ),
    Key(
        "release",
        "r",
        "release",
        "Release a lock whose holder is gone",
        1,
        "lock",
        does=(Operation.RELEASE,),
        screens=frozenset({OVERVIEW}),
    ),
    Key(
        "force",
        "R",
        "release live",
        "Release a live or quiet lock by its typed id",
        2,
        "lock",
        does=(Operation.FORCE,),
        screens=frozenset({OVERVIEW}),
    ),
    Key("open", "enter", "open", "Open the row; never changes anything", 2, "move"),
    Key("filter", "slash", "filter", "Show only the rows that have a text", 3, "move", "/", first=True),
    Key("next", "tab", "next panel", "Go to the next panel", 4, "move"),
    Key("back", "left,escape", "back", "Go back", 0, "move", "left", screens=frozenset({PLAN})),
    Key("home", "1", "Overview", "Go to the Overview", 9, "move"),
    Key("help", "question_mark", "all keys", "Show all keys", 0, "help", "?"),
    Key("palette", "ctrl+p", "palette", "Find an action by its name", 5, "help"),
    Key("redraw", "ctrl+l", "redraw", "Draw the whole screen again", 9, "help"),
    Key("theme", "f2", "theme", "Dark, light or no colours", 9, "help", "F2"),
    Key("quit", "q", "quit", "Leave the console", 0, "help"),
)
GROUPS = {"plan": "The plan on the screen", "run": "Runs", "lock": "Locks", "move": "Moving about", "help": "Help"}
BY_ID = {key.id: key for key in KEYS}
ACT = "act"
"""The screens' action for every key that does an operation; its parameter is the key's id."""
_OWN_MEANING = frozenset({"open", "next"})
"""Keys that the widgets and the screen bind themselves."""


def action_of(key: Key) -> str:
    """Returns the name of the screen's action that a key calls."""
    return f"{ACT}({key.id!r})" if key.does else key.id


def bindings(screen: str) -> list[BindingType]:
    """Returns Textual's bindings of one screen; a key of the other one is there to say so."""
    return [
        Binding(
            key.key,
            action_of(key),
            key.label,
            show=False,
            tooltip=key.tooltip,
            id=f"{screen}.{key.id}",
            priority=key.first,
        )
        for key in KEYS
        if (screen in key.screens or key.does) and key.id not in _OWN_MEANING
    ]
