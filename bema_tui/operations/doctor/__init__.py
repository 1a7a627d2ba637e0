"""Looks at everything a sync rests on and says of each whether it is well."""
