"""Work on what strangers wrote, in processes with limits; docs/decisions/bounded-processes.md."""
