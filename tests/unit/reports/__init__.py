"""Writers and questions of reports."""
