"""What may not be built, and the gate that refuses it."""
