"""`python -m irl_course` is the command `irl-course`."""

from irl_course.cli import main

raise SystemExit(main())
