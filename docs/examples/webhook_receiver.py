"""A receiver of Baton's webhooks: verifies, recognises what it has had, and answers at once.

WEBHOOK_SECRET=whsec_… python webhook_receiver.py 8900
"""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

WEBHOOK = Webhook(os.environ["WEBHOOK_SECRET"])
had: set[str] = set()  # in earnest: a table in your database, written with what you do


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        try:
            WEBHOOK.verify(body, dict(self.headers.items()), json_parse=False)
        except WebhookVerificationError:
            self.send_error(400, "not signed by Baton")
            return
        if self.headers["webhook-id"] not in had:
            message = json.loads(body)
            print(message["type"], message["data"].get("case", {}).get("workflow_id"), flush=True)
            had.add(self.headers["webhook-id"])
        self.send_response(204)
        self.end_headers()


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
