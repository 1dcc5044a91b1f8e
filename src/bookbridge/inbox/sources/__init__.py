"""Where events come from: one module a kind of source."""
