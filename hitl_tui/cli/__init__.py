"""The `hitl` command: one module per command family, each loaded only when it is called."""
