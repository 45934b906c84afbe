"""The page's sections: each file turns a run's facts into the words, tables and charts of one section."""
