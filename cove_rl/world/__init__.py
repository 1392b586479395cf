"""What a domain is made of: records, worlds, states, tools, constraints and hints."""
