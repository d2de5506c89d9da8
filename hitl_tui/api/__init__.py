"""The Python surface for scripts: synchronous, and by way of the inbox like every other."""
