"""What tests and the demo may see and change besides the two systems: the paths below ``/_simulator``.

- ``GET state``: what both systems hold, the subscribers of each scenario, violations, changes by others, counts
- ``GET requests``: the log, after a number with ``?since=``: side, method, path, status, cost, items, faults
- ``GET violations``: the rules that requests broke
- ``GET held``: whether a request is held, and its number
- ``POST hold``: holds a request that is still to come (``at``, ``when``, ``side``, ``only``)
- ``POST release``: lets the held request go on
- ``POST set``: sets switches and ``faults``; ``faults.profile`` explains them
- ``POST change``: makes changes by name; ``changes`` has all of them
- ``POST schedule``: makes changes before a request that is still to come (``change``, ``before``, ``at``)
"""
