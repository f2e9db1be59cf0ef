"""One HTML file of a run: readable without JavaScript, by keyboard, in the dark and on paper; it asks no host."""
