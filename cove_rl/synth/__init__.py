"""Make data: tasks that have been solved, and trajectories that have been verified."""
