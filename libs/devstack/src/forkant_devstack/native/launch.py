"""Becomes another program: drops to a user, binds its life to its parent's, then executes it.

It is given the program's path, and imports nothing late: after the drop it may not read Python's own files.
Run as a script, by path and in isolated mode, so that it starts in milliseconds. It replaces `preexec_fn`, which
may deadlock in a parent with threads. The kernel clears the parent-death signal when credentials change, so it is
set after them, and it outlives `exec`.
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1
_FIXED_ARGUMENTS = 5
_KEEP = -1


def main(arguments: list[str]) -> None:
    """Run `launch.py PARENT_PID DEATH_SIGNAL UID GID PROGRAM [ARGUMENT…]`; -1 keeps the user."""
    parent, death_signal, uid, gid = (int(argument) for argument in arguments[: _FIXED_ARGUMENTS - 1])
    program = arguments[_FIXED_ARGUMENTS - 1 :]
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if uid != _KEEP:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:  # it died before the kernel knew that we want to hear of it
        sys.exit("the parent is gone")
    try:
        os.execv(program[0], program)  # noqa: S606
    except OSError as error:
        sys.exit(f"{program[0]}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1:])
