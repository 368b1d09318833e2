"""Who changed what in the network, from the log files of CloudTrail."""
