"""Checks of single records before anything is planned for them; each collects all that is wrong."""
