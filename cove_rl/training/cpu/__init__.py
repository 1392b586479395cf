"""The CPU as a device of verl: for laptops, tests and continuous integration. Active only with VERL_PLATFORM=cpu."""
