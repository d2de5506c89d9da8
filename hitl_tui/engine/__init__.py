"""Runs threads: claim, run nodes, commit. Holds nothing that is not in the store."""
