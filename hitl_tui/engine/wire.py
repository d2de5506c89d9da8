"""Node runs and results as JSON lines between the runner and an agent host.

The runner sends a node run, the host its result. In between the host may send calls about effects and documents, one at
a time; the runner answers each when what it stores is on disk. After its result the host says when it is ready for
another run.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any
from uuid import UUID

from hitl_tui.agents.base import Asked
from hitl_tui.agents.documents import DocumentCall
from hitl_tui.agents.effects import EffectCall
from hitl_tui.engine.node_run import NodeResult, NodeRun
from hitl_tui.errors import UsageError
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


def encode_call(call: EffectCall | DocumentCall) -> bytes:
    """A call as one line; raises `NotSerialisable` naming the field of a document that is not JSON."""
    if isinstance(call, EffectCall):
        return _line({"effect": asdict(call)})
    # By itself, so that an error names the field.
    return _line({"document": asdict(replace(call, data={})), "data": to_json(call.data, call.collection)})


def decode_message(line: bytes) -> NodeResult | EffectCall | DocumentCall:
    """What the host says: the result that `encode_result` wrote, or the call that `encode_call` wrote."""
    message = from_json(line.decode())
    if "effect" in message:
        return EffectCall(**message["effect"])
    if "document" in message:
        return DocumentCall(**message["document"] | {"data": from_json(message["data"])})
    fields = message["result"]
    fields["status"] = StepStatus(fields["status"])
    for name in ("asked", "doubts"):
        fields[name] = [_request_of(item) for item in fields[name]]
    return NodeResult(**fields)


def encode_answer(answer: Any) -> bytes:
    """The answer to a call as one line: an effect, a document or several, nothing, or a refusal."""
    if isinstance(answer, Effect):
        return _line({"effect": asdict(answer)})
    if isinstance(answer, UsageError):
        return _line({"refusal": [answer.message, answer.hint]})
    return _line({"answer": answer})


def decode_answer(line: bytes) -> Any:
    """The answer that `encode_answer` wrote; raises the refusal."""
    fields = from_json(line.decode())
    if "refusal" in fields:
        message, hint = fields["refusal"]
        raise UsageError(message, hint=hint)
    return Effect(**fields["effect"]) if "effect" in fields else fields["answer"]


def _line(fields: dict[str, Any]) -> bytes:
    return to_json(fields, "node run").encode() + b"\n"


def _request(request: HumanInteractionRequest) -> dict[str, Any]:
    return request.model_dump() | {"id": str(request.id)}


def _request_of(fields: dict[str, Any]) -> HumanInteractionRequest:
    return HumanInteractionRequest(**fields | {"id": UUID(fields["id"])})


def _response(response: HumanInteractionResponse | None) -> dict[str, Any] | None:
    return None if response is None else response.model_dump() | {"request_id": str(response.request_id)}
