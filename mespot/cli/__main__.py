"""`python -m mespot.cli`."""

from mespot.cli import main

raise SystemExit(main())
