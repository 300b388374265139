#!/usr/bin/env python
"""Linnet's command line: `manage.py help` lists what it can do."""

from __future__ import annotations

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "linnet_site.settings")
    if "quickstart" in sys.argv[1:2]:
        # quickstart serves plain http to this computer only; said before the settings are read.
        os.environ.setdefault("LINNET_INSECURE_HTTP", "1")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
