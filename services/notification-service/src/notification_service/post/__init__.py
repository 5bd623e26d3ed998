"""Letters to people: a writer works out who is told what, a sender asks what each may know and hands it on."""
