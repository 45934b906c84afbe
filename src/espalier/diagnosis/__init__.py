"""What is wrong with data, a split or a training: evidence goes in, findings with their repairs come out."""
