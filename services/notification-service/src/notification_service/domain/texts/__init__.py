"""What messages say, a module for each language. After a change raise :data:`..wording.WORDING`; a test tells when."""
