"""What each panel says, as pure functions from records to lines."""
