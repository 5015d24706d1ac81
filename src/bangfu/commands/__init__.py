"""The commands `bangfu …`: a file here for each, which only reads the words and asks the rooms."""
