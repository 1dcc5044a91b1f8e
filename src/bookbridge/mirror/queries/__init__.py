"""What pages, commands and the API ask the mirror; no question here costs a call. SQL stands only here."""
