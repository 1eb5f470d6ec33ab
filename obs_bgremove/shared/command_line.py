"""The language of a command line: the system's, also for what argparse says by itself. Standard library only."""

import argparse
import sys

from obs_bgremove.shared import language
from obs_bgremove.shared.language import Text, tr

# argparse asks gettext for these, under the name `_`; Python brings no translations of them.
OF_ARGPARSE = (
    tr("usage: "),
    tr("positional arguments"),
    tr("options"),
    tr("show this help message and exit"),
    tr("%(prog)s: error: %(message)s\n"),
    tr("argument %(argument_name)s: %(message)s"),
    tr("the following arguments are required: %s"),
    tr("unrecognized arguments: %s"),
    tr("invalid choice: %(value)r (choose from %(choices)s)"),
    tr("invalid %(type)s value: %(value)r"),
    tr("expected one argument"),
    tr("not allowed with argument %s"),
)


def speak() -> None:
    """From now on, texts are shown in the system's language. Called first, by whoever has a command line."""
    language.use(language.of_system(sys.stdout.encoding or "ascii"))
    vars(argparse)["_"] = lambda text: Text(text).local()
