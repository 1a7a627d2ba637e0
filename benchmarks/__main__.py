"""``python -m benchmarks``: every benchmark, one after the other."""

from __future__ import annotations

from benchmarks import console, requests, sync_cost, tables

if __name__ == "__main__":
    requests.main()
    sync_cost.main()
    console.main()
    tables.main()
