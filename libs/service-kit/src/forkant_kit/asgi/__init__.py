"""Pure-ASGI middleware, since FastAPI parses the body before any dependency runs.

From the outside in: ``observe`` (trace, log, metrics, last resort), ``headers``, ``authenticate``, ``limit``, ``body``.
"""
