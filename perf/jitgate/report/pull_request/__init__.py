"""What a reviewer reads of a run: a comment, a step summary, annotations, a note for GitLab.

The job that measures may run a stranger's code, and writes one file (`data.py`). What is said is made of that file, by
a second job that has a token and takes the file for data. So everything here but `made.py` needs the standard library
alone: that job installs nothing that the first one could have changed.
"""
