"""Row-level security, the second wall below the policy: what a forgotten predicate can't show and an injection can't.

A transaction states who asks (``stance``), policies of the tables compare that with each row (``schema``), and no
service starts on a database where that is not so (``check``). Without a stance no row is there.
"""
