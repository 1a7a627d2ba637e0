"""Why a simulator does not run."""


class CannotServe(Exception):
    """The simulator did not start, or ended by itself; the message says why."""
