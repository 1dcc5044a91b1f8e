"""The resources of Zoho Books, a module each, named after Zoho's own path segment."""
