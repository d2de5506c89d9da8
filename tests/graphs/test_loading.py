"""The door of the floor: suffixes, choice of a graph, the agents reference, and the schema and docs beside it."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]
import pytest
import yaml

from hitl_tui.errors import FileMissing, InvalidGraph, UsageError
from hitl_tui.graphs.loading import absolute_reference, load_file, load_graph
from hitl_tui.graphs.names import canonical, closest, is_known, normal
from hitl_tui.graphs.schema import json_schema
from tests.graphs.files import BUILTINS, SAMPLES, load

DOCS = Path(__file__).parents[2] / "docs" / "graphs.md"
TWO = "graphs:\n  A: {nodes: {x: {agent: nobody}}}\n  B: {nodes: {y: }}\n"


def test_a_missing_file_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(FileMissing, match="no such file"):
        load_file(tmp_path / "no.yaml", known=None)
    with pytest.raises(FileMissing, match="not a file"):
        load_file(tmp_path, known=None)
    with pytest.raises(FileMissing):
        load_file("a\0b.yaml", known=None)


def test_another_suffix_names_the_two(tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("graph: g")
    with pytest.raises(UsageError) as error:
        load_file(tmp_path / "f.txt", known=None)
    assert ".yaml" in error.value.hint and ".csv" in error.value.hint


def test_several_graphs_need_a_name(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(TWO)
    with pytest.raises(UsageError, match="holds 2 graphs: A, B"):
        load_graph(tmp_path / "f.yaml", None, BUILTINS)
    with pytest.raises(UsageError, match="has no graph 'C'"):
        load_graph(tmp_path / "f.yaml", "C", BUILTINS)
    assert load_graph(tmp_path / "f.yaml", "B", BUILTINS).name == "B"
    with pytest.raises(InvalidGraph, match="f.yaml:2: error: A: x: unknown agent type 'nobody'") as error:
        load_graph(tmp_path / "f.yaml", "A", BUILTINS)
    assert error.value.exit_code == 2 and len(error.value.findings) == 1
    assert load_graph(tmp_path / "f.yaml", "A", None).name == "A"


def test_only_restricts_findings_to_one_graph(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text(TWO)
    assert load_file(tmp_path / "f.yaml", known=BUILTINS, only="B").findings == []


def test_the_message_counts_the_errors(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text("graph: g\nnodes: {a: {agent: x1, next: zz, timeout: soon}}\n")
    with pytest.raises(InvalidGraph, match=r"\(and 2 more\)"):
        load_graph(tmp_path / "f.yaml", None, BUILTINS)


def test_the_agents_reference_is_absolute(tmp_path: Path) -> None:
    (tmp_path / "mine.py").touch()
    loaded = load(tmp_path, "f.yaml", "graph: g\nagents: mine.py\nnodes: {a: }\n")
    assert loaded.agents == loaded.graphs["g"].agents == str((tmp_path / "mine.py").resolve())
    assert loaded.findings == []
    assert load(tmp_path, "f.yaml", "graph: g\nagents: pkg.mod\nnodes: {a: }\n").agents == "pkg.mod"
    assert absolute_reference("pkg/mod.py", tmp_path) == str((tmp_path / "pkg" / "mod.py").resolve())


def test_an_unknown_type_beside_own_agents_says_what_takes_their_place(tmp_path: Path) -> None:
    """Who gave --agents as well has what the file names, and need not be told to name it."""
    loaded = load(tmp_path, "f.yaml", "graph: g\nagents: mine.plans\nnodes: {a: {agent: execute_plan}}\n")
    advice = "define it in mine.plans, the file's agents:, or in what --agents names, which takes its place"
    assert [each.message for each in loaded.findings] == [f"unknown agent type 'execute_plan'; {advice}"]


def test_names_of_agent_types_row_35() -> None:
    """row 35"""
    assert normal("SuspendAgent") == normal("suspend_agent") == normal("SUSPEND-AGENT")
    assert is_known("SuspendAgent", ["suspend"]) and is_known("graph", []) and not is_known("x", ["y"])
    assert closest("approval_interacton", BUILTINS) == "did you mean 'approval_interaction'?"
    assert canonical("InputAgent", None) == "input"
    assert canonical("InputAgent", ["input_agent", "input"]) == "InputAgent"


def yaml_examples() -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)


def samples() -> list[str]:
    return [path.read_text() for path in sorted(SAMPLES.glob("*.yaml"))]


@pytest.mark.parametrize("example", [*yaml_examples(), *samples()], ids=lambda text: text.split("\n")[0][:30])
def test_schema_accepts_the_examples_of_the_docs_and_the_samples(example: str, tmp_path: Path) -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(example))
    assert load(tmp_path, "f.yaml", example, known=None).errors == []


def test_the_csv_example_of_the_docs_loads(tmp_path: Path) -> None:
    example = re.findall(r"```csv\n(.*?)```", DOCS.read_text(), re.DOTALL)[0]
    assert load(tmp_path, "f.csv", example).findings == []


@pytest.mark.parametrize(
    "text",
    [
        "graph: g\nnodes: {a: {promt: x}}",
        "graph: g\nnode: {a: }",
        "graph: g\nnodes: {a: {routes: [{value: 1, to: end, x: 1}]}}",
        "graph: g\nnodes: {a: {routes: [{to: end}]}}",
        "graph: g\nnodes: {a: {interaction_type: aproval}}",
        "graph: g\nnodes: {}",
        "graph: g",
        "graph: g\nnodes: {a: }\ngraphs: {b: {nodes: {a: }}}",
        "graphs: {b: {nodes: {a: }, agents: x.py}}",
        "[]",
    ],
)
def test_schema_and_loader_refuse_the_same(text: str, tmp_path: Path) -> None:
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(yaml.safe_load(text))
    assert load(tmp_path, "f.yaml", text).errors


def test_every_key_is_described() -> None:
    node = json_schema()["$defs"]["node"]["properties"]
    assert all("description" in value for value in node.values())
