"""A Textual that lacks one of its private names, for the console to be started with."""

from __future__ import annotations

import importlib
import sys
from types import FunctionType, ModuleType

from bema_tui.tui.drawing.textual_privates import PrivateName


def put_in_place(name: PrivateName) -> None:
    """Whoever looks for this name from now on finds none; Textual itself goes on with what it has."""
    sys.modules[name.module] = without(name)


def without(name: PrivateName) -> ModuleType:
    """The module of this name, with all that it has but this."""
    real = importlib.import_module(name.module)
    module = ModuleType(name.module)
    vars(module).update(vars(real))
    if name.attribute:
        setattr(module, name.owner, _class_without(getattr(real, name.owner), name))
    else:
        delattr(module, name.owner)
    return module


def _class_without(real: type, name: PrivateName) -> type:
    if not name.set_by_constructor:
        return type(name.owner, (), {})
    constructor = real.__init__  # type: ignore[misc]
    assert isinstance(constructor, FunctionType)
    code = constructor.__code__
    names = tuple("called_otherwise" if each == name.attribute else each for each in code.co_names)
    renamed = FunctionType(code.replace(co_names=names), constructor.__globals__)
    return type(name.owner, (), {"__init__": renamed, "render_segments": vars(real)["render_segments"]})
