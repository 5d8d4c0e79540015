"""Small stacks of constructs as published code writes them: a sweep, for looking at."""
