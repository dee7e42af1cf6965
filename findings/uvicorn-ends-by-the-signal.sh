#!/usr/bin/env bash
# uvicorn: after SIGTERM and an orderly shutdown, the process dies of that signal; code after run() does not
# run.
#
# Guess: uvicorn.run() returns when the server has stopped, the next line runs, and the exit code is 0.
# What happens: the server shuts down in order (the application is told), and then raises the signal once
# more, now with the previous handler: the signal kills the process. No finally, no atexit; a supervisor sees
# -15.
# Versions: uvicorn 0.54.0.
# For whoever builds on it: clean up in the lifespan; or subclass Server and only set should_exit in
# handle_exit.
# Seen:
#   uvicorn 0.54.0
#   it said: ['lifespan.startup', 'lifespan.shutdown']
#   exit code: -15
set -euo pipefail
source "$(dirname "$0")/lib.sh"
packages uvicorn==0.54.0
cat >"$folder/served.py" <<'PY'
import uvicorn


async def app(scope, receive, send):
    while scope["type"] == "lifespan":
        kind = (await receive())["type"]
        print(kind, flush=True)
        await send({"type": f"{kind}.complete"})
        if kind == "lifespan.shutdown":
            return


try:
    uvicorn.run(app, port=0, log_level="error")
finally:
    print("finally", flush=True)
PY
play <<'PY'
import subprocess
import sys
import time

from lib import same

server = subprocess.Popen([sys.executable, "served.py"], stdout=subprocess.PIPE, text=True)
lines = [server.stdout.readline()]
time.sleep(1)  # its socket is bound a moment later
server.terminate()
output, _ = server.communicate(timeout=30)
same(
    "it said",
    [line.strip() for line in [*lines, *output.splitlines()]],
    ["lifespan.startup", "lifespan.shutdown"],
)
same("exit code", server.returncode, -15)
PY
