"""The fault campaign: real processes, real kills, a sandbox that breaks calls, and a checker that trusts neither."""
