"""A server on loopback that speaks the OpenAI protocol (chat completions), with the standard library alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Spoken:
    """Answers in turn: a text, calls as `(name, args)`, or an HTTP status; `requests` are the bodies that came."""

    url: str = ""
    turns: list[Any] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def respond(self, key: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        self.keys.append(key)
        self.requests.append(body)
        turn = self.turns.pop(0)
        if isinstance(turn, int):
            # As some servers do, it says which key it refused.
            return turn, {"error": {"message": f"{key} is not welcome", "type": "invalid_request_error"}}
        message: dict[str, Any] = {"role": "assistant", "content": turn if isinstance(turn, str) else None}
        if not isinstance(turn, str):
            message["tool_calls"] = [
                # Numbered anew in each turn, as by some servers.
                {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
                for n, (name, args) in enumerate(turn)
            ]
        finish = "stop" if isinstance(turn, str) else "tool_calls"
        return 200, {
            "id": f"chat-{len(self.requests)}",
            "object": "chat.completion",
            "created": 1_700_000_000,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": finish}],
            "usage": {"prompt_tokens": 812, "completion_tokens": 64, "total_tokens": 876},
        }


@contextmanager
def speaking(*turns: Any) -> Iterator[Spoken]:
    """The server, at `url`, until the end."""
    spoken = Spoken(turns=list(turns))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            assert self.path == "/v1/chat/completions"
            status, answer = spoken.respond(self.headers["authorization"].removeprefix("Bearer "), body)
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    spoken.url = f"http://127.0.0.1:{server.server_port}/v1"
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield spoken
    finally:
        server.shutdown()
        server.server_close()
