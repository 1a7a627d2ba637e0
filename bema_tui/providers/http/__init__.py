"""The one HTTP policy: time-outs, retries, limits and silence about secrets, the same for every service."""
