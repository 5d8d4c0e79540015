"""Published networks chosen and written blindly: to measure, not to look at."""
