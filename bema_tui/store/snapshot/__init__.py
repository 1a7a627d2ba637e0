"""What the screens and ``--json`` show: the database as of one moment, as frozen records."""
