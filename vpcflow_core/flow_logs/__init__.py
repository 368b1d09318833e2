"""The parts of `FlowLogs`, a module for each purpose; `api` puts them together."""
