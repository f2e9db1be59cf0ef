"""Does the merge gate cry wolf? Many sessions of one commit against itself, and what other rules say of them."""
