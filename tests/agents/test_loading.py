"""The user's agents code: found, fingerprinted, loaded, and its errors in words."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hitl_tui.agents.loading import absolute_reference, code_sha, load_reference
from hitl_tui.errors import AgentsNotLoaded
from tests.agents.node import Node

AGENT = 'from hitl_tui.agents import agent\n@agent("greeter")\ndef greet(inputs):\n    return {}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working folder; what a test imports is gone after it."""
    monkeypatch.chdir(tmp_path)
    before, path = set(sys.modules), list(sys.path)
    yield tmp_path
    sys.path[:] = path
    for name in set(sys.modules) - before:
        del sys.modules[name]


def write(path: Path, text: str) -> str:
    """Write an agents file; returns its reference."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return str(path)


def output_of(reference: str) -> object:
    return Node(load_reference(reference).create("greeter")).run()


def test_a_file_registers_its_marked_agents(folder: Path) -> None:
    """Functions, coroutines and classes; under each of their names."""
    reference = write(
        folder / "agents.py",
        "from hitl_tui.agents import BaseAgent, agent\n"
        "@agent('one', 'other_one')\n"
        "def one(inputs): return 1\n"
        "@agent('two')\n"
        "async def two(inputs): return 2\n"
        "@agent('three')\n"
        "class Three(BaseAgent):\n"
        "    def process(self, inputs): return self.node_name\n"
        "class Unmarked(Three): ...\n",
    )
    registry = load_reference(reference)
    assert set(registry.names) == {"one", "other_one", "two", "three"}
    assert [Node(registry.create(name)).run() for name in ("Other_One", "two", "ThreeAgent")] == [1, 2, "gate"]


def test_a_file_may_have_nothing_but_a_handler(folder: Path) -> None:
    """It displays what the built-in agents ask."""
    code = "import hitl_tui as ui\n@ui.register_handler\nclass Own(ui.InteractionHandler): ...\n"
    assert load_reference(write(folder / "agents.py", code)).make_handler is not None


def test_loading_again_sees_new_code(folder: Path) -> None:
    """Also an edit of the same size within the same second, which a bytecode cache would miss."""
    reference = write(folder / "agents.py", AGENT.format(1))
    stat = Path(reference).stat()
    assert output_of(reference) == 1
    write(folder / "agents.py", AGENT.format(2))
    os.utime(reference, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert output_of(reference) == 2


def test_a_module_is_loaded_again_too(folder: Path) -> None:
    """A module of the working folder, and one inside a package."""
    write(folder / "my_agents.py", AGENT.format(1))
    reference = absolute_reference("my_agents", folder)
    assert output_of(reference) == 1
    write(folder / "my_agents.py", AGENT.format(2))
    assert output_of(reference) == 2
    write(folder / "my_package" / "__init__.py", "THREE = 3\n")
    write(folder / "my_package" / "inner.py", "from . import THREE\n" + AGENT.format("THREE"))
    for _ in range(2):
        assert output_of(absolute_reference("my_package.inner", folder)) == 3


def test_two_files_of_one_name_do_not_meet(folder: Path) -> None:
    """`a/agents.py` and `b/agents.py` in one process."""
    first, second = (write(folder / name / "agents.py", AGENT.format(repr(name))) for name in "ab")
    registry = load_reference(first)
    assert output_of(second) == "b"
    assert Node(registry.create("greeter")).run() == "a"


def test_a_file_may_import_its_neighbour(folder: Path) -> None:
    """And hides nothing that is installed: its folder comes last."""
    write(folder / "sub" / "neighbour_words.py", "WORD = 'hello'\n")
    write(folder / "sub" / "json.py", "raise RuntimeError('not the json of Python')\n")
    reference = write(
        folder / "sub" / "agents.py", "import json\nimport neighbour_words\n" + AGENT.format("json.dumps(1)")
    )
    assert output_of(reference) == "1"


def test_dataclasses_and_annotations_work(folder: Path) -> None:
    """They look their module up by its name."""
    head = (
        "from __future__ import annotations\nimport dataclasses\nimport pydantic\n"
        "@dataclasses.dataclass\nclass Item:\n    name: str\n"
        "class Order(pydantic.BaseModel):\n    item: Item\n"
    )
    reference = write(folder / "agents.py", head + AGENT.format("Order(item=Item('x')).item.name"))
    assert output_of(reference) == "x"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("x = 1\ndef broken(:\n", r"agents\.py:2: invalid syntax", "correct the code"),
        ("\nimport no_such_module_here\n", r"agents\.py:2: there is no module 'no_such_module_here'", "install what"),
        (
            "\n\nfrom no_such_package.x import y\n",
            r"agents\.py:3: there is no module 'no_such_package'",
            "install what",
        ),
        ("def f():\n    raise ValueError('bad')\n\nf()\n", r"agents\.py:2: ValueError: bad", "correct the code"),
        ("import json\njson.loads('x')\n", r"agents\.py:2: JSONDecodeError", "correct the code"),
        ("import sys\nsys.exit(3)\n", r"agents\.py:2: it calls sys\.exit\(3\) while it is loaded", "correct the code"),
        ("raise ValueError('password=hunter2')\n", r"agents\.py:1: .*password=\[redacted\]", "correct the code"),
        ("x = 1\n", r"agents\.py defines no agent types", '@agent("its_type")'),
        ("x = '\0'\n", r"agents\.py.*null bytes", "correct the code"),
    ],
)
def test_a_broken_file_is_named_with_its_line(folder: Path, text: str, message: str, hint: str) -> None:
    """Errors say what happened, where, and what to do next."""
    reference = write(folder / "agents.py", text)
    with pytest.raises(AgentsNotLoaded, match=message) as caught:
        load_reference(reference)
    assert hint in caught.value.hint
    assert caught.value.exit_code == 2


def test_a_broken_neighbour_is_named_with_its_own_line(folder: Path) -> None:
    write(folder / "broken_neighbour.py", "x = (\n")
    reference = write(folder / "agents.py", "import broken_neighbour\n")
    with pytest.raises(AgentsNotLoaded, match=r"broken_neighbour\.py:1: '\(' was never closed"):
        load_reference(reference)


def test_a_broken_edit_keeps_nothing_half_loaded(folder: Path) -> None:
    reference = write(folder / "agents.py", AGENT.format(1))
    load_reference(reference)
    before = set(sys.modules)
    write(folder / "agents.py", "raise RuntimeError('later')\n")
    with pytest.raises(AgentsNotLoaded):
        load_reference(reference)
    assert set(sys.modules) == before


def test_nothing_there(folder: Path) -> None:
    with pytest.raises(AgentsNotLoaded, match=r"missing\.py: No such file"):
        load_reference(str(folder / "missing.py"))
    for name in ("no_such_module_here", "json.no_such_module", "not-a-module"):
        with pytest.raises(AgentsNotLoaded, match=f"there is no module '{name}'"):
            load_reference(name)


def test_fingerprint_of_a_file(folder: Path) -> None:
    reference = write(folder / "agents.py", AGENT.format(1))
    assert code_sha(reference) == hashlib.sha256(Path(reference).read_bytes()).hexdigest()
    assert code_sha(str(folder / "missing.py")) is None


def test_fingerprint_of_a_module_runs_none_of_its_code(folder: Path) -> None:
    """The runner asks for it; only an agent host may run the user's code."""
    write(folder / "my_package" / "__init__.py", "raise RuntimeError('this ran')\n")
    inner = write(folder / "my_package" / "inner.py", "from . import x\n")
    reference = absolute_reference("my_package.inner", folder)
    assert code_sha(reference) == hashlib.sha256(Path(inner).read_bytes()).hexdigest()
    assert code_sha("my_package.missing") is None
    assert code_sha("sys") is None
    with pytest.raises(AgentsNotLoaded, match=r"my_package/inner\.py:1: RuntimeError: this ran"):
        load_reference(reference)


def test_references(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file's path becomes absolute; so does a module's, unless it is installed here or nobody knows it."""
    assert absolute_reference("agents.py", folder) == str(folder / "agents.py")
    assert absolute_reference("sub/../agents.py", folder) == str(folder / "agents.py")
    assert absolute_reference("my_package.inner", folder) == "my_package.inner"
    inner = write(folder / "my_package" / "inner.py", "")
    assert absolute_reference("my_package.inner", folder) == inner
    package = write(folder / "my_package" / "__init__.py", "")
    assert absolute_reference("my_package", folder) == package
    elsewhere = write(folder / "elsewhere" / "found_by_path.py", "")
    monkeypatch.syspath_prepend(folder / "elsewhere")
    assert absolute_reference("found_by_path", folder) == elsewhere
    assert absolute_reference("click.core", folder) == "click.core"
    # What lies in the folder goes before what is installed, as it always did.
    assert absolute_reference("click", folder) == "click"
    assert absolute_reference("click", Path(write(folder / "click.py", "")).parent) == str(folder / "click.py")


def test_a_trusted_name_means_the_installed_module_only(folder: Path) -> None:
    """A worker that is started in a folder with a file of that name runs what was trusted."""
    write(folder / "click.py", AGENT.format(1))
    write(folder / "not_installed.py", AGENT.format(1))
    with pytest.raises(AgentsNotLoaded, match="click defines no agent types"):
        load_reference("click")
    assert code_sha("not_installed") is None
    with pytest.raises(AgentsNotLoaded, match="there is no module 'not_installed'"):
        load_reference("not_installed")
