"""The data set that a simulation starts with: a label, its mailing list and its orders."""
