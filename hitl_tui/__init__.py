"""A keyboard-driven terminal inbox for workflows that pause for a human, and the durable runner behind it."""

__version__ = "0.1.0"
