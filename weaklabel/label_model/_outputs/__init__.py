"""Labels of other kinds: grades, numbers, preferences, several labels a row."""
