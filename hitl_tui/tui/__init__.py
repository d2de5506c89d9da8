"""The full-screen app: shows the inbox and takes answers. It never runs agents and never reads the store itself."""
