"""Orders to invoices, on real parts."""
