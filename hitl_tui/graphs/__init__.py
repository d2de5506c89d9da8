"""Workflow files: YAML and CSV in, checked `Graph` objects out; prompt templates, conditions and routing."""
