"""Questions about a request, and their answers, read by whoever sees it."""
