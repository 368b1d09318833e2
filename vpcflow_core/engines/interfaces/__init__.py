"""How records are completed by what is known of their interface."""
