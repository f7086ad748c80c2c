"""Serves a directory as a bucket of S3, to those alone whose signature is the one that Amazon's own
library makes of the same request. Prints its port."""

import datetime
import os
import re
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

ROOT, KEY, SECRET, TOKEN, REGION = sys.argv[1:6]
PAGE = 2


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def signature(self):
        """What the signature should be, and why it cannot be right."""
        found = re.match(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
            r"SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$",
            self.headers.get("authorization", ""),
        )
        if found is None:
            return "no signature"
        key, _, region, names, given = found.groups()
        if key != KEY or region != REGION:
            return "another key or region"
        if self.headers.get("x-amz-security-token", "") != TOKEN:
            return "another token"
        signed = {name: self.headers[name] for name in names.split(";")}
        at = datetime.datetime.strptime(self.headers["x-amz-date"], "%Y%m%dT%H%M%SZ")
        if abs((datetime.datetime.utcnow() - at).total_seconds()) > 900:
            return "another time"
        url = f"http://{self.headers['host']}{self.path}"
        request = AWSRequest(method="GET", url=url, headers=signed)
        request.context["timestamp"] = self.headers["x-amz-date"]
        signer = S3SigV4Auth(Credentials(KEY, SECRET), "s3", REGION)
        text = signer.string_to_sign(request, signer.canonical_request(request))
        return None if signer.signature(text, request) == given else "SignatureDoesNotMatch"

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        problem = self.signature()
        if problem is not None:
            return self.answer(403, problem.encode())
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        if bucket != "bucket":
            return self.answer(404, b"NoSuchBucket")
        if "list-type" in query:
            return self.answer(200, self.listing(query).encode())
        path = os.path.join(ROOT, key)
        if query.get("versionId", ["1"]) != ["1"] or not os.path.isfile(path):
            return self.answer(404, b"NoSuchKey")
        with open(path, "rb") as file:
            self.answer(200, file.read())

    def listing(self, query):
        prefix = query.get("prefix", [""])[0]
        after = int(query.get("continuation-token", ["0"])[0])
        found = sorted(
            os.path.relpath(os.path.join(folder, name), ROOT)
            for folder, _, names in os.walk(ROOT)
            for name in names
        )
        keys = [key for key in found if key.startswith(prefix)]
        shown = keys[after : after + PAGE]
        page = "".join(f"<Contents><Key>{escape(key)}</Key></Contents>" for key in shown)
        more = after + PAGE < len(keys)
        token = f"<NextContinuationToken>{after + PAGE}</NextContinuationToken>" if more else ""
        return f"<ListBucketResult>{page}{token}</ListBucketResult>"


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
