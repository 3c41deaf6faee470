#!/usr/bin/env python3
"""s3_server.py FOLDER BUCKET: what PUT, HEAD and GET of one object of Amazon S3 do, on loopback, with path-style addresses. Prints its port.

Every request must be signed, in its headers or in its query, with the key "key-of-the-house" and the secret "secret-of-the-house"; the
signature is made anew by botocore, which is Amazon's own, and compared. A file FOLDER/hold makes uploads wait until it is gone."""

import datetime
import http.server
import os
import sys
import time
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials

FOLDER, BUCKET = sys.argv[1:3]
KEYS = botocore.credentials.Credentials("key-of-the-house", "secret-of-the-house")
REGION = "eu-central-1"


def is_recent(stamp, seconds):
    made = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ")
    age = (datetime.datetime.utcnow() - made).total_seconds()
    return -900 <= age <= seconds


class Storage(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def expected(self, auth, url, headers, stamp):
        request = botocore.awsrequest.AWSRequest(method=self.command, url=url, headers=headers)
        request.context["timestamp"] = stamp
        return auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request)

    def complaint(self):
        """The code of S3's error; nothing when the request may pass."""
        place = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(place.query, keep_blank_values=True))
        url = "http://" + self.headers["Host"] + place.path
        if "X-Amz-Signature" in query:
            given = query.pop("X-Amz-Signature")
            auth = botocore.auth.S3SigV4QueryAuth(KEYS, "s3", REGION, int(query["X-Amz-Expires"]))
            url += "?" + urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
            if not is_recent(query["X-Amz-Date"], int(query["X-Amz-Expires"])):
                return "AccessDenied"
            made = self.expected(auth, url, {}, query["X-Amz-Date"])
        elif "Authorization" in self.headers:
            words = dict(word.strip(",").split("=", 1) for word in self.headers["Authorization"].split(" ")[1:])
            given = words["Signature"]
            names = words["SignedHeaders"].split(";")
            if not {"host", "x-amz-content-sha256", "x-amz-date"} <= set(names):
                return "AccessDenied"
            if not is_recent(self.headers["X-Amz-Date"], 900):
                return "RequestTimeTooSkewed"
            headers = {name: self.headers[name] for name in names if name != "host"}
            made = self.expected(botocore.auth.S3SigV4Auth(KEYS, "s3", REGION), url, headers, self.headers["X-Amz-Date"])
        else:
            return "AccessDenied"
        if given != made:
            return "SignatureDoesNotMatch"
        return None if place.path.startswith("/" + BUCKET + "/") else "NoSuchBucket"

    def file(self):
        key = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path.split("/", 2)[2])
        return os.path.join(FOLDER, key.replace("/", "__"))

    def answer(self, status, headers=None, body=b""):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if "Content-Length" not in (headers or {}):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def refuse(self, code):
        status = 404 if code.startswith("NoSuch") else 403
        text = "<Error><Code>%s</Code><Message>The request was refused: %s</Message></Error>" % (code, code)
        self.answer(status, {"Content-Type": "application/xml", "Connection": "close"}, text.encode())
        self.close_connection = True

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        code = self.complaint()
        if code:
            return self.refuse(code)
        while os.path.exists(os.path.join(FOLDER, "hold")):
            time.sleep(0.05)
        with open(self.file(), "wb") as file:
            file.write(body)
        self.answer(200, {"ETag": '"1b2cf535f27731c974343645a3985328"'})

    def do_GET(self):
        code = self.complaint()
        if not code and not os.path.exists(self.file()):
            code = "NoSuchKey"
        if code:
            return self.refuse(code)
        with open(self.file(), "rb") as file:
            content = file.read()
        self.answer(200, {"Content-Length": str(len(content)), "Content-Type": "video/mp4"}, content)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Storage)
print(server.server_address[1], flush=True)
server.serve_forever()
