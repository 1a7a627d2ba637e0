"""The project's own database: its schema, and one small class per table or question asked of it."""
