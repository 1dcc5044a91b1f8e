"""Single parts, without processes and networks."""
