"""Files that come with a proposal."""
