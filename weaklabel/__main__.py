"""``python -m weaklabel``: the command line."""

from weaklabel._cli import app

if __name__ == "__main__":
    app(prog_name="weaklabel")
