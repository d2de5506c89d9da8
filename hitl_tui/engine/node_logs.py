"""What comes out of an agent's process: into the log as it comes, and while a node runs also kept for its step."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
import re
import sys
import termios
from typing import Final

from hitl_tui.model.redaction import PEM_BEGIN, PEM_BODY, PEM_END, redacted

OUTPUT = logging.getLogger("hitl_tui.output")
"""Gets whole lines; records are marked `verbatim`, as they are no news of ours."""
HEAD_BYTES: Final = 8 * 1024
TAIL_BYTES: Final = 24 * 1024
CHUNK_BYTES: Final = 16 * 1024
LOGGED_BYTES: Final = 1024 * 1024
"""What of one node, or of loading the code, goes into the log; looking for secrets in more would cost the runner more
than its threads."""
LATE_SECONDS: Final = 0.2
"""Between two looks at what is written when nobody waits for its writer: nothing may keep the runner busy then."""
LONGEST_WAIT: Final = 64 * 1024
"""How much waits for the end of its line, or of its private key: 13 KB in 200 lines, each of them behind something."""
KEY_BYTES: Final = 128
"""What is remembered of the end of a larger private key: its last line may have begun there."""
_BEGUN: Final = re.compile(rf"({PEM_BEGIN}){PEM_BODY}\Z".encode())
_ENDED: Final = re.compile(rf"\A{PEM_BODY}{PEM_END}[^\n]*+\n?".encode())


class Kept:
    """The beginning and the end of a stream, in bounded memory."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._tail = bytearray()
        self._total = 0

    def add(self, data: bytes) -> None:
        """Take what comes next."""
        self._total += len(data)
        room = HEAD_BYTES - len(self._head)
        self._head += data[:room]
        self._tail += data[room:]
        if len(self._tail) > 2 * TAIL_BYTES:
            del self._tail[:-TAIL_BYTES]

    def text(self) -> str:
        """As text without secrets: the first 8 and last 24 KB, in whole lines and keys, and how much is left out."""
        head, tail = bytes(self._head), bytes(self._tail[-TAIL_BYTES:])
        if self._total == len(head) + len(tail):
            return redacted((head + tail).decode(errors="replace"))
        # Half a line might be half a secret, which nobody recognises, and so might half a private key. What ends a line
        # might be the value of a name that was cut.
        head = _complete(head) if b"\n" in head else _words(head)
        tail = _ENDED.sub(b"", tail.partition(b"\n")[2])
        left_out = self._total - len(head) - len(tail)
        both = (head.decode(errors="replace"), tail.decode(errors="replace"))
        return redacted(f"… {left_out} bytes left out …\n".join(both))


class Output:
    """One pipe out of an agent's process, or of several that inherited it; `source` says in the log whose it is."""

    def __init__(self, descriptor: int, source: str) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._prefix = f"{source} | "
        self._loop = asyncio.get_running_loop()
        self._later: asyncio.TimerHandle | None = None
        self._kept: Kept | None = None
        self._late = False
        self._rest = b""
        self._cut = False
        self._logged = 0
        self._loop.add_reader(descriptor, self._read)

    @classmethod
    def of_node(cls, source: str) -> tuple[Output, int]:
        """The output of one node run, kept until `ended`, and the descriptor to write to, which the caller closes."""
        ours, theirs = os.pipe()
        output = cls(ours, source)
        output._kept = Kept()
        return output, theirs

    @property
    def open(self) -> bool:
        """Whether somebody may still write to it."""
        return self._descriptor >= 0

    def ended(self) -> str | None:
        """The node has ended: all that was written until now. A process that it left behind may write on, for the log.

        Returns None when there was nothing.
        """
        kept = self._kept
        assert kept is not None
        if self.open:
            # No more than is there now: somebody may never stop.
            found = fcntl.ioctl(self._descriptor, termios.FIONREAD, bytes(4))
            waiting = int.from_bytes(found, sys.byteorder)
            while waiting > 0 and (data := os.read(self._descriptor, min(waiting, CHUNK_BYTES))):
                waiting -= len(data)
                kept.add(data)
                self._log(data)
        self._kept = None
        self._late = True
        if self.open:
            self._read()
        text = kept.text()
        if not text:
            return None
        return text if text.endswith("\n") else f"{text}\n"

    def loaded(self) -> None:
        """What the runner waited for is there: what comes from now on is late."""
        self._late = True

    def close(self) -> None:
        """Read no more; whoever writes on is told by the system."""
        if not self.open:
            return
        self._loop.remove_reader(self._descriptor)
        if self._later is not None:
            self._later.cancel()
        os.close(self._descriptor)
        self._descriptor = -1
        if self._rest:
            self._say(self._rest)

    def _read(self) -> None:
        try:
            data = os.read(self._descriptor, CHUNK_BYTES)
        except BlockingIOError:
            return
        if not data:
            self.close()
            return
        self._log(data)
        if self._kept is not None:
            self._kept.add(data)
        if not self._late:
            return
        self._loop.remove_reader(self._descriptor)
        self._later = self._loop.call_later(LATE_SECONDS, self._listen)

    def _listen(self) -> None:
        self._later = None
        self._loop.add_reader(self._descriptor, self._read)

    def _log(self, data: bytes) -> None:
        if not OUTPUT.isEnabledFor(logging.INFO) or self._logged > LOGGED_BYTES:
            return
        if not self._late:
            self._logged += len(data)
        if self._cut:
            _, end, data = data.partition(b"\n")
            self._cut = not end
        self._rest += data
        lines = _complete(self._rest)
        self._rest = self._rest[len(lines) :]
        if len(self._rest) > LONGEST_WAIT and (begun := _BEGUN.search(self._rest[:-KEY_BYTES])):
            # Until its last line has come, or nothing more does, whatever follows its first one is not logged.
            self._rest = begun[1] + b"\n" + self._rest[-KEY_BYTES:]
        elif len(self._rest) > LONGEST_WAIT:
            lines += _words(self._rest) + "… and more of this line, which is not logged …\n".encode()
            self._rest, self._cut = b"", True
        if self._logged > LOGGED_BYTES:
            lines += "… and more, which is not logged …\n".encode()
            self._rest = b""
        if lines:
            self._say(lines)

    def _say(self, data: bytes) -> None:
        text = redacted(data.decode(errors="replace").removesuffix("\n")).replace("\n", f"\n{self._prefix}")
        OUTPUT.info("%s", self._prefix + text, extra={"verbatim": True})


def _words(line: bytes) -> bytes:
    """The beginning of a line up to its last blank or quote: what comes after it may be half a secret."""
    words = line[: max(line.rfind(mark) for mark in (b" ", b"\t", b'"', b"'")) + 1]
    return words and words + b"\n"


def _complete(data: bytes) -> bytes:
    """Its whole lines, without a private key at the end whose last line is not there yet: a part is not recognised."""
    lines = data[: data.rfind(b"\n") + 1]
    begun = _BEGUN.search(lines)
    return lines if begun is None else lines[: lines.rfind(b"\n", 0, begun.start()) + 1]


class LateOutputs:
    """Pipes whose node has ended while a process that it left behind still holds them; the oldest go first."""

    MOST: Final = 64

    def __init__(self) -> None:
        self._outputs: list[Output] = []

    def add(self, output: Output) -> None:
        """Go on reading it for the log."""
        self._outputs = [other for other in self._outputs if other.open]
        if output.open:
            self._outputs.append(output)
        for oldest in self._outputs[: -self.MOST]:
            oldest.close()

    def close(self) -> None:
        """Read no more."""
        with contextlib.suppress(IndexError):
            while True:
                self._outputs.pop().close()
