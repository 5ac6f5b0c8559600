"""What is asked for: words become a plan, a lecture with its settings and its story."""
