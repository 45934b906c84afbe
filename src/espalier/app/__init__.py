"""What a person meets: the command line and the report. The only place that prints."""
