# Sourced by every finding: a temporary folder that is removed at the end, and pinned packages in it.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# packages NAME==VERSION …: install these, and print what is installed.
packages() {
	"${PYTHON:-python3}" -m venv "$folder/venv"
	"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
	local names=("${@%%==*}")
	"$folder/venv/bin/python" -c 'import sys
from importlib.metadata import version
print(", ".join(f"{name} {version(name)}" for name in sys.argv[1:]))' "${names[@]%%\[*}"
}

# play: run the Python program from standard input with these packages; it may import lib.py.
play() {
	cat >"$folder/program.py"
	(
		cd "$folder"
		PATH="$folder/venv/bin:$PATH" PYTHONPATH="$here" PYTHONDONTWRITEBYTECODE=1 python program.py
	)
}
