"""The pages of the outcry watch: the list of alarms, one alarm, and the budget with the watch's own past."""
