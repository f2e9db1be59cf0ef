"""Policy from pyproject and a Measurement in, a verdict out."""
