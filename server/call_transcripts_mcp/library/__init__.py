"""The only access to calls: one by one, and questions over many."""
