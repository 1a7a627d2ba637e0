"""Watches the process, the machine and the jobs, and says how they are in one figure with its reasons."""
