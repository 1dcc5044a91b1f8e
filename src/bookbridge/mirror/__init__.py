"""Our copy of Zoho's records, what is maintained from it, and the questions it answers without a call."""
