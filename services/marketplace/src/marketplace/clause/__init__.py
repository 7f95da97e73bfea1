"""What a client makes a condition of every answer."""
