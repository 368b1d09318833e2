"""What ships with vpcflow or is looked up: IANA's names, places, classes of addresses."""
