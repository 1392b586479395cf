"""The verdict on a trajectory: pure, replayable from a task and its recorded calls alone."""
