"""The verbs of support: the front door. Each leaves an entry in the trail; what it does stands or falls as a whole.

`by` is the officer who acts; None, where it may be, is the house itself (the day's work, a command on the server).
The verbs have files of their own and are named here.
"""
