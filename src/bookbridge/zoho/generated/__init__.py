"""The place of the generated full surface of Zoho Books; see README.md beside this file. Empty until then."""
