"""Node runs and results as JSON lines between the runner and an agent host.

The runner sends a node run, the host its result. In between the host may send calls about effects, one at a time; the
runner answers each when it is on disk. After its result the host says when it is ready for another run.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from hitl_tui.agents.base import Asked
from hitl_tui.agents.effects import EffectCall
from hitl_tui.engine.node_run import NodeResult, NodeRun
from hitl_tui.model.effect import Effect
from hitl_tui.model.graph import Node
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse
from hitl_tui.model.jsontext import from_json, to_json
from hitl_tui.model.kinds import StepStatus

LIMIT_BYTES = 256 * 1024 * 1024
READY = b'{"ready":true}\n'


def encode_run(run: NodeRun) -> bytes:
    """A node run as one line."""
    fields = {
        "node": run.node.model_dump(),
        "graph": run.graph,
        "thread_id": run.thread_id,
        "visit": run.visit,
        "inputs": run.inputs,
        "state": run.state,
        "recorded": [
            {
                "position": item.position,
                "digest": item.digest,
                "request": _request(item.request),
                "response": _response(item.response),
            }
            for item in run.recorded
        ],
    }
    return _line(fields)


def decode_run(line: bytes) -> NodeRun:
    """The node run that `encode_run` wrote."""
    fields = from_json(line.decode())
    fields["node"] = Node.model_validate(fields["node"])
    fields["recorded"] = [
        Asked(
            position=item["position"],
            digest=item["digest"],
            request=_request_of(item["request"]),
            response=HumanInteractionResponse(**item["response"]) if item["response"] else None,
        )
        for item in fields["recorded"]
    ]
    return NodeRun(**fields)


def encode_result(result: NodeResult) -> bytes:
    """A result as one line."""
    fields = asdict(result)
    for name in ("asked", "doubts"):
        fields[name] = [_request(request) for request in getattr(result, name)]
    return _line({"result": fields})


def encode_call(call: EffectCall) -> bytes:
    """A call about an effect as one line."""
    return _line({"effect": asdict(call)})


def decode_message(line: bytes) -> NodeResult | EffectCall:
    """What the host says: the result that `encode_result` wrote, or the call that `encode_call` wrote."""
    message = from_json(line.decode())
    if "effect" in message:
        return EffectCall(**message["effect"])
    fields = message["result"]
    fields["status"] = StepStatus(fields["status"])
    for name in ("asked", "doubts"):
        fields[name] = [_request_of(item) for item in fields[name]]
    return NodeResult(**fields)


def encode_effect(effect: Effect | None) -> bytes:
    """The answer to a call as one line."""
    return _line({"effect": None if effect is None else asdict(effect)})


def decode_effect(line: bytes) -> Effect | None:
    """The answer that `encode_effect` wrote."""
    fields = from_json(line.decode())["effect"]
    return None if fields is None else Effect(**fields)


def _line(fields: dict[str, Any]) -> bytes:
    return to_json(fields, "node run").encode() + b"\n"


def _request(request: HumanInteractionRequest) -> dict[str, Any]:
    return request.model_dump() | {"id": str(request.id)}


def _request_of(fields: dict[str, Any]) -> HumanInteractionRequest:
    return HumanInteractionRequest(**fields | {"id": UUID(fields["id"])})


def _response(response: HumanInteractionResponse | None) -> dict[str, Any] | None:
    return None if response is None else response.model_dump() | {"request_id": str(response.request_id)}
