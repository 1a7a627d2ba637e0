"""The operator's console: screens that read the database and ask operations for everything else."""
