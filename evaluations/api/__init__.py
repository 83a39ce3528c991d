"""The API of criteria, ladders, runs, leaderboard, looks, verdict and report: the same services as the pages."""
