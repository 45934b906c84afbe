"""What a person gives on the command line: options as edits of a plan, folders of runs, sources of rows."""
