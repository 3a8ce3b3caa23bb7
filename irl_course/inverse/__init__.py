"""From behaviour back to rewards: the methods of the course, in fast versions."""
