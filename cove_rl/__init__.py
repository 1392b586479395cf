"""Train language-model agents that help a customer over several turns with tools, on verl.

The core (worlds, tasks, users, episodes, verification) needs neither torch nor verl; only ``cove_rl.training`` does.
Importing this package imports nothing else: reach for the sub-package that holds the noun you need.
"""

__version__ = "0.1.0"
