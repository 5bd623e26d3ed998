"""Who may do what to which object: rules as data, one pure decision, and the same decision as an SQL predicate.

:mod:`~forkant_kit.access.rules` holds the table that a service gives, :mod:`~forkant_kit.access.grants` what ties a
person to one object for a time, :func:`~forkant_kit.access.decision.decide` answers for one object and says why, and
:func:`~forkant_kit.access.visibility.visible` filters a list, a count or an export by the same rule.

Which roles may take an action at all, routes ask :class:`forkant_kit.policy.Policy` before anything is looked for.
"""
