"""The seam over the durable-execution library: the only code that knows it."""
