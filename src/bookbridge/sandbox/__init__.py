"""A Zoho of our own: a stateful, controllable server on loopback that answers as Zoho does.

It imports nothing of the rest of Bookbridge, so that client and sandbox are two independent readings of
Zoho's documents. Only the command line and the tests start it.
"""
