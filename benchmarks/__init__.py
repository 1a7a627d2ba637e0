"""What it costs: requests, memory and seconds of a sync, bytes and milliseconds of the console."""
