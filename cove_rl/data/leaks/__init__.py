"""The leak guard: find what a set of data has in common with a benchmark that nobody may train on."""
