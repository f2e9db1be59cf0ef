"""Which architectures the one-line command can measure: every one of the installed transformers, shrunk, one call each.

`python -m studies.coverage` tries what was not tried yet and writes `docs/coverage.md`; `--engines eager,compile` says
by which engines, `--only bert,t5` which architectures, `--table` writes the document from what there is.
"""
