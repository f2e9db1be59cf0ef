"""The variant matrix: which variant runs each workload, and how accurate it is, from JSON reports of smoke sessions."""
