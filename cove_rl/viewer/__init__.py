"""Conversations as pages: a local viewer, reports of evaluations, and plots of training runs."""
