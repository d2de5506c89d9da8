"""Real processes, killed with SIGKILL at every failpoint and at random moments; then the database is checked."""
