"""`python -m physgan.cli`."""

from physgan.cli import main

main()
