#!/bin/sh
# Starts Bookbridge on Replit, on all interfaces: its proxy ends TLS and passes requests on to PORT (3000).
# The secrets panel gives the rest; what is missing is named and nothing is started.
set -eu
cd "$(dirname "$0")/.."
if [ -z "${BOOKBRIDGE_PUBLIC_URL:-}" ] && [ -n "${REPLIT_DOMAINS:-}" ]; then
  BOOKBRIDGE_PUBLIC_URL="https://${REPLIT_DOMAINS%%,*}"
  export BOOKBRIDGE_PUBLIC_URL
fi
exec .venv/bin/bookbridge serve --host 0.0.0.0
