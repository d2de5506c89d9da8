"""Workflow files of the tests' own, one for each interaction type."""

from __future__ import annotations

from pathlib import Path

APPROVAL = """
graph: Gate
nodes:
  gate:
    agent: approval_interaction
    prompt: "Pay {amount} to {payee}?"
    inputs: [amount, payee]
    output: verdict
    next: paid
    on_failure: refused
  paid: {agent: output, prompt: "paid {amount}", output: result}
  refused: {agent: output, prompt: "refused: {responses.gate.reason}", output: result}
"""


def write(folder: Path, text: str, name: str = "flow.yaml") -> Path:
    """The workflow file's path."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path
