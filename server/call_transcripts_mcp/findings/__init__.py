"""The results of questions, as frozen types: no logic, and no knowledge of providers."""
