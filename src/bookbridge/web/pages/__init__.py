"""The pages: log-in, status, orders; rendered on the server, readable without scripts."""
