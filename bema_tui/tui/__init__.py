"""The operator's console: screens that read the database and ask the backend for everything else."""
