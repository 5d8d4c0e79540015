"""Networks of kinds that no other set has: to measure when every rule stands."""
