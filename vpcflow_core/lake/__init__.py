"""The records as one Apache Iceberg table that many machines write to and any engine reads."""
