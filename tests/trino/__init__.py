"""Tests on a real Trino: `make test-trino` runs them, the plain suite leaves them out."""
