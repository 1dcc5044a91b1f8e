"""The web shell: application, authentication, problem answers, hooks, health and pages."""
