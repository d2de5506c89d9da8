"""retry, run_timeout and max_visits in workflow files, in YAML and CSV."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from hitl_tui.graphs.schema import json_schema
from hitl_tui.model.graph import MAX_VISITS
from hitl_tui.model.retry import Retry
from tests.graphs.files import HEADER, load, remarks

KNOWN = ("work", "graph", "graph_exit", "approval_interaction")


def one(text: str) -> str:
    return f"graph: g\nnodes:\n  a:\n    agent: work\n    {text}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("retry: 3", Retry(attempts=3)),
        (
            "retry: {attempts: 4, backoff: 1m, factor: 1.5, max: 1h, jitter: 0, on: [OSError, MyError]}",
            Retry(attempts=4, backoff=60, factor=1.5, max=3600, jitter=0, on=("OSError", "MyError")),
        ),
        ("retry: {attempts: 2, on: OSError}", Retry(attempts=2, on=("OSError",))),
        ("context: {retry: 3, note: x}", Retry(attempts=3)),
        ("retry:", None),
    ],
)
def test_retry(text: str, expected: Retry | None, tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.yaml", one(text), KNOWN)
    assert loaded.findings == []
    node = loaded.graphs["g"].nodes["a"]
    assert node.retry == expected
    assert "retry" not in node.context


def test_csv_has_them_in_the_context(tmp_path: Path) -> None:
    rows = (
        'g,a,work,b,,,,x,"{""retry"": {""attempts"": 3, ""on"": ""OSError|Mine""}, ""run_timeout"": ""30s"", ""k"": 1}"'
        "\n"
        'g,b,work,,,,,y,"{retry=2, max_visits=7}"\n'
    )
    loaded = load(tmp_path, "f.csv", HEADER + rows, KNOWN)
    assert loaded.errors == []
    a, b = loaded.graphs["g"].nodes.values()
    assert (a.retry, a.run_timeout, a.context) == (Retry(attempts=3, on=("OSError", "Mine")), 30, {"k": 1})
    assert (b.retry, b.max_visits) == (Retry(attempts=2), 7)


def test_limits_of_the_node_the_graph_and_an_included_graph(tmp_path: Path) -> None:
    text = """\
graphs:
  Outer:
    max_visits: 50
    nodes:
      a: {agent: work, max_visits: 3, next: b}
      b: {agent: graph, context: {graph: Inner}}
  Inner:
    nodes:
      c: {agent: work, next: d}
      d: {agent: work, max_visits: 9}
"""
    nodes = load(tmp_path, "f.yaml", text, KNOWN).graphs["Outer"].nodes
    limits = {name: node.max_visits for name, node in nodes.items()}
    assert limits == {"a": 3, "b": 50, "b/c": MAX_VISITS, "b/d": 9, "b/exit": 50}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("retry: often", "5 error retry: 'often' is no retry policy; write `retry: 3`, or"),
        ("retry: 0", "5 error retry: 0 is no retry policy"),
        ("retry: 101", "5 error retry: 101 is no retry policy"),
        ("retry: true", "5 error retry: True is no retry policy"),
        ("retry: {backoff: 2s}", "5 error retry: attempts is missing"),
        ("retry: {attempts: 3, wait: 2s}", "5 error retry: there is no 'wait'; write"),
        ("retry: {attempts: 3, back_of: 2s}", "5 error retry: there is no 'back_of'; did you mean 'backoff'?"),
        ("retry: {attempts: 1000}", "retry: attempts: 1000 must be a whole number from 1 to 100: how often"),
        ("retry: {attempts: 3, backoff: soon}", "retry: backoff: 'soon' is not a length of time; write it like 30m"),
        ("retry: {attempts: 3, backoff: 1h, max: 1m}", "retry: max is shorter than backoff"),
        ("retry: {attempts: 3, factor: 0.5}", "retry: factor: 0.5 must be a number from 1 to 100"),
        ("retry: {attempts: 3, jitter: 2}", "retry: jitter: 2 must be a number from 0 to 1"),
        ("retry: {attempts: 3, on: [a b]}", "retry: on: 'a b' is no error type"),
        ("retry: {attempts: 3, on: []}", "retry: on: it must be a list of error types"),
        ("retry: 1", "5 warning retry: one attempt is the first one, so nothing is tried again"),
        ("run_timeout: never", "5 error run_timeout: 'never' is not a length of time"),
        ("run_timeout: 0", "5 error run_timeout: 0 is shorter than a second"),
        ("max_visits: many", "5 error max_visits: 'many' must be a whole number from 1 to 1000000: how often"),
        ("{x: 1}\nmax_visits: -1", "error max_visits: -1 must be a whole number"),
    ],
)  # fmt: skip
def test_findings(text: str, words: str, tmp_path: Path) -> None:
    found = remarks(load(tmp_path, "f.yaml", one(text.replace("{x: 1}", "prompt: x")), KNOWN))
    assert len(found) == 1
    assert words in found[0]


def test_where_they_have_no_effect(tmp_path: Path) -> None:
    text = """\
graphs:
  g:
    nodes:
      a: {agent: approval_interaction, prompt: ok, next: b,
          run_timeout: 1h,
          retry: 3}
      b: {agent: graph, context: {graph: h},
          retry: 3}
  h: {nodes: {c: {agent: work}}}
"""
    assert remarks(load(tmp_path, "f.yaml", text, KNOWN)) == [
        "5 warning run_timeout does not count while a person is asked; how long they have is `timeout`",
        "6 warning retry has no effect here: what a person answers, or does not, is final",
        "8 error retry on a node that includes a graph has no effect; set it on the nodes of that graph",
    ]


@pytest.mark.parametrize(
    "text",
    [
        *("retry: 3", "retry: {attempts: 3, backoff: 2s, max: 60}", "run_timeout: 30s", "max_visits: 4"),
        *("retry: {backoff: 2s}", "retry: {attempts: 3, wait: 2s}", "retry: 0", "max_visits: 0"),
    ],
)
def test_the_schema_agrees(text: str, tmp_path: Path) -> None:
    fine = not load(tmp_path, "f.yaml", one(text), KNOWN).errors
    validator = jsonschema.Draft202012Validator(json_schema())
    assert validator.is_valid(yaml.safe_load(one(text))) == fine


ASK = "agent: approval_interaction, prompt: 'Pay 5 to ACME?'"

OTHER = "agent: graph, context: {graph: Other}, next: pay"


@pytest.mark.parametrize(
    ("nodes", "uneven"),
    [
        ("s: {next: [a, b]}, a: {next: pay}, b: {next: c}, c: {next: pay}, pay: {next: after}, after: {}", ["pay"]),
        ("s: {next: [a, b]}, a: {next: pay}, b: {next: pay}, pay: {}", []),
        ("s: {next: [a, pay]}, a: {next: pay}, pay: {}", ["pay"]),
        ("s: {next: [a, b]}, a: {next: a}, b: {next: end}", []),
        ("s: {next: [a, b]}, a: {routes: [{value: 1, to: c}], next: d}, b: {next: d}, c: {next: d}, d: {}", ["d"]),
        ("s: {next: [a, b]}, a: {routes: [{value: 1, to: c}], next: x}, b: {next: d}, c: {}, x: {}, d: {}", []),
        ("s: {next: [a, b]}, a: {next: pay, on_failure: mend}, mend: {next: a}, b: {next: pay}, pay: {}", ["pay"]),
        ("s: {next: [a, b]}, a: {next: pay, on_failure: no}, b: {next: pay, on_failure: no}, pay: {}, no: {}", []),
        ("s: {next: [a, b]}, a: {next: pay}, b: {next: pay, on_failure: s}, pay: {}", ["pay"]),
        ("s: {next: [a, b]}, a: {next: c}, b: {next: c}, c: {routes: [{value: 1, to: s}], next: end}", []),
        ("s: {next: [a, l]}, a: {next: l}, l: {next: t}, t: {next: [c, p]}, c: {next: p}, p: {}", ["l", "p"]),
        ("s: {next: [b, c, d, e, p, f]}, b: {}, c: {}, d: {}, e: {}, f: {next: p}, p: {}", ["p"]),
        ("s: {routes: [{value: 1, to: [a, pay]}], next: end}, a: {next: pay}, pay: {}", ["pay"]),
        (f"s: {{next: [a, b]}}, a: {{{OTHER}}}, b: {{next: pay}}, pay: {{}}", ["pay"]),
        (f"s: {{next: [a, b]}}, a: {{{OTHER}}}, b: {{{OTHER}}}, pay: {{}}", []),
        ("s: {next: both}, both: {agent: graph, context: {graph: Fork}, next: pay}, pay: {}", []),
    ],
)
def test_branches_of_different_length_are_warned_of(tmp_path: Path, nodes: str, uneven: list[str]) -> None:
    others = "Other: {nodes: {i: {}}}\n  Fork: {nodes: {s: {next: [i, j]}, i: {next: k}, j: {}, k: {}}}"
    loaded = load(tmp_path, "f.yaml", f"graphs:\n  g: {{nodes: {{{nodes}}}}}\n  {others}\n", known=None)
    assert [finding.node for finding in loaded.findings if "different numbers of steps" in finding.message] == uneven
    assert loaded.errors == []


@pytest.mark.parametrize(
    ("legal", "finance", "warned"),
    [
        (f"{ASK}, next: pay", f"{ASK}, next: pay", True),
        (f"{ASK}, next: pay, on_failure: no", f"{ASK}, next: pay, on_failure: no", True),
        (f"{ASK}, next: pay, on_failure: pay", f"{ASK}, next: pay, on_failure: pay", False),
        ("next: pay", "next: pay, on_failure: no", False),
        (f"{ASK}, next: end", f"{ASK}, next: pay", False),
    ],
)
def test_a_join_behind_two_approvals_does_not_need_both(tmp_path: Path, legal: str, finance: str, warned: bool) -> None:
    nodes = f"s: {{next: [legal, finance]}}, legal: {{{legal}}}, finance: {{{finance}}}, pay: {{}}, no: {{}}"
    loaded = load(tmp_path, "f.yaml", f"graph: g\nnodes: {{{nodes}}}\n", known=None)
    assert [finding.node for finding in loaded.findings if "the other is refused" in finding.message] == [
        "pay"
    ] * warned
