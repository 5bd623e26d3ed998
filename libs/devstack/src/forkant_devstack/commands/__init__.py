"""One file per subcommand of `forkant`; heavy imports are inside the functions, so that `--help` is quick."""
