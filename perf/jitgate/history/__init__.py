"""What was measured before. Durations live in pytest-benchmark's storage; here lie the raw rounds."""
