"""The history of the schema: one file in ``versions/`` for each step, run by ``bema_tui.store.migrate``.

Each step is an Alembic script whose ``upgrade`` is given its ``Operations``; a new one is also named in
``migrate.SHIPPED``.
"""
