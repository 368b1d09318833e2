"""What runs the SQL: one module an engine, all with the same relations."""
