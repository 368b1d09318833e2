"""What EC2 knows of the network: interfaces, security groups, rules, subnets, VPCs."""
