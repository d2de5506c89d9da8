"""The JSON Schema (draft 2020-12) of the YAML format, for editors that complete and check as one types."""

from __future__ import annotations

from typing import Any

from hitl_tui.graphs.names import ASKING_AGENTS, TOOLS_AGENT
from hitl_tui.graphs.running import MOST_VISITS
from hitl_tui.graphs.settings import RISKS
from hitl_tui.graphs.yaml_graphs import OF_ONE_GRAPH
from hitl_tui.model.graph import MAX_VISITS
from hitl_tui.model.kinds import ACTIONS, InteractionType
from hitl_tui.model.reducers import Reducer
from hitl_tui.model.retry import MOST_ATTEMPTS

_AGENTS = ("default", "input", "output", "echo", "branching", "summary", "graph", TOOLS_AGENT, *ASKING_AGENTS)


def json_schema() -> dict[str, Any]:
    """The schema as plain data; `hitl schema` prints it."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hitl-tui workflow",
        "description": "One workflow (`graph` and `nodes`), or several in one file (`graphs`).",
        "type": "object",
        "properties": {
            "graph": {**_ref("text"), "description": "Name of the workflow."},
            "description": {**_ref("text"), "description": "What the workflow is for, shown where it is started."},
            "agents": {
                "type": "string",
                "description": "Python file (relative to this one) or module with the workflow's own agent types.",
            },
            "start": {**_ref("text"), "description": "Name of the first node to run; default: the first one listed."},
            "nodes": _ref("nodes"),
            "state": _ref("state"),
            "max_visits": _ref("maxVisits"),
            "graphs": {
                "type": "object",
                "description": "Several workflows by name. A node with agent `graph` can include another one.",
                "minProperties": 1,
                "additionalProperties": _ref("graph"),
            },
        },
        "additionalProperties": False,
        "oneOf": [
            {"required": ["graph", "nodes"], "not": {"required": ["graphs"]}},
            {
                "required": ["graphs"],
                "not": {"anyOf": [{"required": [key]} for key in OF_ONE_GRAPH]},
            },
        ],
        "$defs": _definitions(),
    }


def _definitions() -> dict[str, Any]:
    text_list = {"type": "array", "items": _ref("text")}
    return {
        "text": {"type": ["string", "number", "boolean"], "description": "A text; taken exactly as it is written."},
        "texts": {"anyOf": [_ref("text"), text_list, {"type": "null"}]},
        "optionalText": {"anyOf": [_ref("text"), {"type": "null"}]},
        "targets": {**_ref("texts"), "description": "A node's name, a list of names (run in parallel), or `end`."},
        "graph": {
            "type": "object",
            "properties": {
                "description": {**_ref("optionalText"), "description": "What the workflow is for."},
                "start": {**_ref("text"), "description": "First node to run; default: the first one listed."},
                "nodes": _ref("nodes"),
                "state": _ref("state"),
                "max_visits": _ref("maxVisits"),
            },
            "required": ["nodes"],
            "additionalProperties": False,
        },
        "nodes": {
            "type": "object",
            "description": "The steps by name, in reading order.",
            "minProperties": 1,
            "additionalProperties": {"anyOf": [_ref("node"), {"type": "null"}]},
        },
        "node": {
            "type": "object",
            "properties": {**_node_properties(text_list), **_setting_properties(text_list), **_run_properties()},
            "additionalProperties": False,
        },
        "route": _route(),
        "duration": {"type": ["string", "integer"], "examples": ["30s", "10m", "2h"]},
        "maxVisits": {
            "type": "integer",
            "minimum": 1,
            "maximum": MOST_VISITS,
            "description": "How often a node may run in one thread before that is taken for an endless loop; "
            f"default: {MAX_VISITS}.",
        },
        "state": _state(),
    }


def _node_properties(text_list: dict[str, Any]) -> dict[str, Any]:
    return {
        "agent": {
            **_ref("optionalText"),
            "description": "Agent type: a built-in or one of your own. Default: `default`, or `human` where "
            "interaction_type is set.",
            "examples": list(_AGENTS),
        },
        "prompt": {
            **_ref("optionalText"),
            "description": "What the node says or asks. `{name}` is filled from its inputs, then from the state.",
        },
        "description": {**_ref("optionalText"), "description": "A note for readers of the file."},
        "inputs": {
            "description": "State keys that the agent sees; as a mapping, `name it sees: state key`.",
            "anyOf": [
                _ref("text"),
                text_list,
                {"type": "object", "additionalProperties": _ref("text")},
                {"type": "null"},
            ],
        },
        "output": {
            **_ref("texts"),
            "description": "State key that takes the agent's output; with several, the output must be a mapping.",
        },
        "next": {**_ref("targets"), "description": "Where to go after success, when no route fits; default: the end."},
        "on_failure": {
            **_ref("targets"),
            "description": "Where to go when the agent fails, a person rejects, or nobody answers in time.",
        },
        "routes": {
            "description": "Targets by output or by condition; after success the first that fits is taken.",
            "anyOf": [{"type": "array", "items": _ref("route")}, {"type": "null"}],
        },
        "context": {
            "type": ["object", "null"],
            "description": "Facts for the reviewer, and settings of the agent.",
        },
    }


def _setting_properties(text_list: dict[str, Any]) -> dict[str, Any]:
    actions = sorted({action for fitting in ACTIONS.values() for action in fitting})
    return {
        "interaction_type": {
            "enum": [kind.value for kind in InteractionType],
            "description": "What kind of answer a `human` node wants.",
        },
        "options": {**text_list, "minItems": 1, "description": "What a choice offers, numbered from 1."},
        "timeout": {
            "type": ["string", "integer"],
            "description": "How long to wait for an answer: 30m, 2h, 1h30m, 1d, seconds, or `never`.",
            "examples": ["30m", "2h", "1d", "never"],
        },
        "on_timeout": {
            "type": "string",
            "pattern": "^(timeout|reject|default:.+|escalate:.+|extend|extend:.+)$",
            "description": "What happens when nobody answers in time; default: timeout, the failure edge.",
            "examples": [
                "timeout",
                "reject",
                "default:reject",
                "default:choose:2",
                "escalate:ops",
                "extend",
                "extend:2h",
            ],
        },
        "remind": {
            "type": ["string", "integer", "array"],
            "items": {"type": ["string", "integer"]},
            "description": "How long before it is due a person is reminded, e.g. 10m, or a list: [1d, 1h].",
            "examples": ["10m", ["1d", "1h"]],
        },
        "risk": {
            "type": "string",
            "description": "How much harm a wrong answer does: a level, or one of the five classes, each of which "
            "counts as high. `high` demands a reason for a rejection.",
            "examples": list(RISKS),
        },
        "allowed": {
            "description": "The actions that a reviewer may take; default: all that fit the interaction type.",
            "anyOf": [{"enum": actions}, {"type": "array", "items": {"enum": actions}, "minItems": 1}],
        },
        "require_reason": {"type": "boolean", "description": "Whether a rejection needs a reason."},
        "multiple": {"type": "boolean", "description": "Whether a choice takes several of its options."},
        "schema": {
            "type": "object",
            "description": "JSON Schema of the answer's data; the inbox makes a form of it. `batch: true` in it makes "
            "an approval one of many items, the input `items`.",
        },
    }


def _run_properties() -> dict[str, Any]:
    attempts = {
        "type": "integer",
        "minimum": 1,
        "maximum": MOST_ATTEMPTS,
        "description": "How often the node is run at most, the first time included.",
    }
    policy = {
        "type": "object",
        "properties": {
            "attempts": attempts,
            "backoff": {**_ref("duration"), "description": "The first wait; default: 2s."},
            "factor": {
                "type": "number",
                "minimum": 1,
                "maximum": 100,
                "description": "By how much each wait is longer than the one before; default: 2.",
            },
            "max": {**_ref("duration"), "description": "The longest wait; default: 1m."},
            "jitter": {
                "type": "number",
                "minimum": 0,
                "maximum": 1,
                "description": "The part of a wait that is left to chance; default: 0.2.",
            },
            "on": {
                **_ref("texts"),
                "description": "Names of error classes to try again, also for those derived from them; default: all.",
                "examples": [["ConnectionError", "TimeoutError"]],
            },
        },
        "required": ["attempts"],
        "additionalProperties": False,
    }
    return {
        "retry": {
            "description": "How often the node is run again when its agent raised.",
            "anyOf": [attempts, policy, {"type": "null"}],
        },
        "run_timeout": {
            **_ref("duration"),
            "description": "How long one run of the agent may take; what a person takes to answer does not count.",
        },
        "max_visits": {**_ref("maxVisits"), "description": "How often the node may run in one thread."},
    }


def _state() -> dict[str, Any]:
    reducer = {"enum": list(Reducer), "description": "How a write joins what the field holds."}
    by_name = {
        "type": "object",
        "properties": {"reducer": reducer},
        "required": ["reducer"],
        "additionalProperties": False,
    }
    return {
        "type": ["object", "null"],
        "description": "State fields that several nodes may write: by name, with the reducer of their writes.",
        "additionalProperties": {"anyOf": [reducer, by_name]},
    }


def _route() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "value": {"description": "Taken when the node's output equals this value."},
            "when": {
                **_ref("text"),
                "description": 'Taken when this condition holds, e.g. `amount > 100 and region == "eu"`; it sees the '
                "state, and the node's output as `output`.",
            },
            "to": _ref("targets"),
        },
        "required": ["to"],
        "oneOf": [{"required": ["value"]}, {"required": ["when"]}],
        "additionalProperties": False,
    }


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}"}
