"""`python -m physgan.cli`."""

from physgan.cli.running import main

main()
