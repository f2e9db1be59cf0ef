"""What pytest collects: tests that read like the requirement."""
