"""What goes wrong in a run: one row a fault, each tried in a whole pytest session.

`python -m studies.faults` runs what was not run yet and writes `docs/faults.md`; `--only worker` runs the rows whose
name has that in it, `--again` all of them once more, `--table` writes the document from what there is.
"""
