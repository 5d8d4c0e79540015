"""Networks that no rule was written for: to measure, not to look at."""
