"""The errors are one tree, and the docstring of their module draws it as it is."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from bema_tui import errors
from bema_tui.errors import BemaError


def tree(error: type[BemaError], depth: int = 1) -> Iterator[str]:
    """Yields an error and those below it that the module defines, each indented by its depth."""
    yield "    " * depth + error.__name__
    for below in error.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from tree(below, depth + 1)


def test_the_docstring_draws_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = [row for row in errors.__doc__.splitlines() if row.startswith("    ")]
    assert drawn == list(tree(BemaError))


def test_every_error_of_the_module_hangs_in_the_tree_and_says_what_it_is() -> None:
    classes = {name for name, one in inspect.getmembers(errors, inspect.isclass) if one.__module__ == errors.__name__}
    assert classes == {name.strip() for name in tree(BemaError)}
    assert all(getattr(errors, name).__doc__ for name in classes)
