"""Node runs and results as JSON lines between the runner and an agent host."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from uuid import UUID

from hitl_tui.agents.base import Asked
from hitl_tui.engine.node_run import NodeResult, NodeRun
from hitl_tui.model.graph import Node
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse
from hitl_tui.model.jsontext import from_json, to_json
from hitl_tui.model.kinds import StepStatus

LIMIT_BYTES = 256 * 1024 * 1024


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
    fields = asdict(result) | {"asked": [_request(request) for request in result.asked]}
    return _line(fields)


def decode_result(line: bytes) -> NodeResult:
    """The result that `encode_result` wrote."""
    fields = from_json(line.decode())
    fields["status"] = StepStatus(fields["status"])
    fields["asked"] = [_request_of(item) for item in fields["asked"]]
    return NodeResult(**fields)


def _line(fields: dict[str, Any]) -> bytes:
    return to_json(fields, "node run").encode() + b"\n"


def _request(request: HumanInteractionRequest) -> dict[str, Any]:
    return request.model_dump() | {"id": str(request.id)}


def _request_of(fields: dict[str, Any]) -> HumanInteractionRequest:
    return HumanInteractionRequest(**fields | {"id": UUID(fields["id"])})


def _response(response: HumanInteractionResponse | None) -> dict[str, Any] | None:
    return None if response is None else response.model_dump() | {"request_id": str(response.request_id)}
