"""Networks to look at while readers and passes are written."""
