"""What all parts of the tool know: where the repository is, and how to give up."""
import os
import sys
from pathlib import Path

ROOT = Path(os.environ.get("GRADUS_MUTATE_ROOT") or Path(__file__).resolve().parents[2])


def fail(text):
    print("mutate: " + text, file=sys.stderr)
    sys.exit(2)
