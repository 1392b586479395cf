"""One conversation: the state machine that synthesis, rollouts and evaluation share."""
