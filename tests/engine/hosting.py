"""Agents code in files, and single nodes that run it in processes of their own."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

from hitl_tui.engine.effects import EffectLog
from hitl_tui.engine.node_run import NodeRun
from tests.engine.workshop import node

HEAD = """
import asyncio, ctypes, json, logging, os, signal, subprocess, sys, threading, time
from pathlib import Path
from hitl_tui.agents import BaseAgent, agent

def until(path):
    while not Path(path).exists():
        time.sleep(0.005)

"""


class NoEffects(EffectLog):
    """Of a run whose agent has none."""

    def __init__(self) -> None:
        self._under_way = {}

    async def make_sure(self) -> None:
        """Nobody else runs it."""


NONE = NoEffects()


def agents_file(folder: Path, code: str) -> str:
    """Write agents code; returns its reference."""
    path = folder / "agents.py"
    path.write_text(HEAD + textwrap.dedent(code), encoding="utf-8")
    return str(path)


def run(agent: str, *, thread: str = "t", **inputs: Any) -> NodeRun:
    """A run of a node that is named like its agent."""
    return NodeRun(node(agent, agent, output="x"), "G", thread, 1, inputs, {})
