"""What an operator can do, one function each, for the command line, the console and timers alike."""
