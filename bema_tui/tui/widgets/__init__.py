"""The painted parts that all screens share."""
