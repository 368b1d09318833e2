"""Which security groups and rules are used, by flows and the tables of EC2."""
