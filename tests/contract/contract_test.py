#!/usr/bin/env python3
"""Plays the plugins that are shipped against their providers' OpenAPI documents, served by Prism, which refuses every request
that is not as the document says (422), and answers with the document's own examples.

    contract_test.py PLUGINS DOCUMENTS PRISM

The plugins are asked through their C ABI; this script carries out what they answer, as the worker would. Scripts and
downloads from elsewhere are answered as if they had gone well."""

import base64
import ctypes
import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
import uuid

PLUGINS, DOCUMENTS, PRISM = sys.argv[1:4]
FILE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==")


class Bytes(ctypes.Structure):
    _fields_ = [("data", ctypes.c_void_p), ("size", ctypes.c_uint64)]


class Table(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32), ("abi", ctypes.c_uint32), ("describe", ctypes.CFUNCTYPE(Bytes)),
                ("next", ctypes.CFUNCTYPE(ctypes.c_uint32, Bytes, ctypes.POINTER(Bytes))),
                ("release", ctypes.CFUNCTYPE(None, Bytes))]


class Plugin:
    def __init__(self, name):
        library = ctypes.CDLL(os.path.join(PLUGINS, name + ".so"))
        library.reelspool_provider.restype = ctypes.POINTER(Table)
        self.table = library.reelspool_provider().contents

    def next(self, message):
        text = json.dumps(message).encode()
        buffer = ctypes.create_string_buffer(text, len(text))
        answer = Bytes()
        fault = self.table.next(Bytes(ctypes.cast(buffer, ctypes.c_void_p), len(text)), ctypes.byref(answer))
        said = ctypes.string_at(answer.data, answer.size).decode()
        self.table.release(answer)
        assert fault == 0, said
        return json.loads(said)


class Prism:
    """A mock of one document on a port of its own."""

    def __init__(self, document):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.program = subprocess.Popen(
            ["node", PRISM, "mock", "-h", "127.0.0.1", "-p", str(self.port), os.path.join(DOCUMENTS, document)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={name: value for name, value in os.environ.items() if name != "LD_PRELOAD"})
        lines = []
        for line in self.program.stdout:
            lines.append(line)
            if "is listening" in line:
                return
        raise SystemExit("prism did not start:\n" + "".join(lines))

    def __enter__(self):
        return "http://127.0.0.1:%d" % self.port

    def __exit__(self, *_):
        self.program.stdout.close()
        self.program.terminate()
        self.program.wait()


def filled(body):
    """{"$file"} by its content, as the worker does."""
    if isinstance(body, list):
        return [filled(part) for part in body]
    if not isinstance(body, dict):
        return body
    if "$file" in body:
        content = base64.b64encode(FILE).decode()
        return "data:image/png;base64," + content if body["as"] == "data_url" else content
    return {name: filled(part) for name, part in body.items()}


def multipart(form):
    boundary = uuid.uuid4().hex
    body = b""
    for field in form:
        body += b"--%s\r\n" % boundary.encode()
        if "file" in field:
            body += ('Content-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: %s\r\n\r\n' % (
                field["name"], field["file"], field.get("type", "application/octet-stream"))).encode() + FILE
        else:
            body += ('Content-Disposition: form-data; name="%s"\r\n\r\n%s' % (field["name"], field["value"])).encode()
        body += b"\r\n"
    return body + b"--%s--\r\n" % boundary.encode(), "multipart/form-data; boundary=" + boundary


def carried_out(action, base, prefer):
    if action["type"] == "exec":
        return {"type": "exec", "script": action["script"], "exit": 0, "error": "",
                "output": {"seconds": 1.5, "audio": {"seconds": 1.5}}}
    if action["type"] == "wait":
        return {"type": "waited"}
    saved = {"file": action.get("save"), "bytes": 9, "type": "application/octet-stream"}
    if not action["url"].startswith(base):  # media, and upload slots
        return {"type": "http", "status": 200, "headers": {}, "body": "", "saved": saved}
    headers = {name: value.replace("${secret:", "").replace("}", "") for name, value in action["headers"].items()}
    if prefer:
        headers["Prefer"] = prefer
    data = None
    if "json" in action:
        data = json.dumps(filled(action["json"])).encode()
        headers["Content-Type"] = "application/json"
    if "form" in action:
        data, headers["Content-Type"] = multipart(action["form"])
    request = urllib.request.Request(action["url"], data, headers, method=action["method"])
    try:
        answer = urllib.request.urlopen(request, timeout=60)
    except urllib.error.HTTPError as refused:
        answer = refused
    text = answer.read().decode("utf-8", "replace")
    event = {"type": "http", "status": answer.status,
             "headers": {name.lower(): value for name, value in answer.headers.items()}}
    try:
        event["body"] = json.loads(text)
    except ValueError:
        event["body"] = text
    if answer.status < 300 and "save" in action:
        del event["body"]
        event["saved"] = saved
    for place, file in action.get("unpack", {}).items() if answer.status < 300 else []:
        *path, last = [int(part) if part.isdigit() else part for part in place.split("/")[1:]]
        inside = event["body"]
        for part in path:
            inside = inside[part]
        if isinstance(inside.get(last), str):
            inside[last] = {"file": file, "bytes": 9, "type": "image/png"}
    return event


def played(plugin, base, kind, request, settings, prefer):
    """The last action. `prefer`: by the last part of the path, which of the document's examples is wanted."""
    message = {"kind": kind, "request": request, "settings": settings, "catalogue": None, "state": None,
               "event": {"type": "start"}, "now": 1795680000000, "random": "4"}
    log = []
    for _ in range(20):
        answer = plugin.next(message)
        action = answer["action"]
        log.append(action)
        if action["type"] in ("done", "fail"):
            return action, log
        wanted = prefer.get(action.get("url", "").split("?")[0].rsplit("/", 1)[-1], prefer.get("*", ""))
        message["state"] = answer["state"]
        message["event"] = carried_out(action, base, wanted)
    raise AssertionError("came to no end")


failures = []


def check(name, plugin, base, kind, request, settings, ends, prefer=None):
    """`ends`: "done", or the class and perhaps the code of the failure, "quota/quota_exceeded"."""
    action, log = played(plugin, base, kind, request, settings, prefer or {})
    end = "done" if action["type"] == "done" else action["class"]
    if "/" in ends and action["type"] == "fail":
        end += "/" + action.get("code", "")
    print("%-4s %-40s %s" % ("ok" if end == ends else "BAD", name, end))
    if end != ends:
        failures.append(name + ": " + json.dumps(action) + "\n   after " + json.dumps(log)[:3000])


def test_fal():
    plugin = Plugin("fal")
    with Prism("fal.yaml") as base:
        where = {"FAL_QUEUE_URL": base, "FAL_UPLOAD_URL": base, "FAL_POLL_DELAY_MS": "200"}
        image = {"prompt": "a cup", "width": 1080, "height": 1920, "seed": 7}
        clip = {**image, "image": {"file": "i.png"}, "fps": 30, "seconds": 5, "effect": "cakeify", "subject": "cup"}
        mouth = {"video": {"file": "v.mp4"}, "audio": {"file": "a.wav"}, "seconds": 6}
        face = {"image": {"file": "i.png"}, "audio": {"file": "a.wav"}, "seconds": 6, "prompt": "she speaks"}
        bare = {name: value for name, value in clip.items() if name != "image"}
        for kind, model, request in [
                ("image", "fal-ai/flux/srpo", image), ("image", "fal-ai/nano-banana", image),
                ("image", "fal-ai/bytedance/seedream/v4/text-to-image", {**image, "width": 512, "height": 512}),
                ("video", "fal-ai/veo3/fast/image-to-video", clip), ("video", "fal-ai/veo3/fast", bare),
                ("video", "fal-ai/wan-effects", clip), ("video", "fal-ai/wan-i2v", clip),
                ("lip_sync", "veed/lipsync", mouth), ("lip_sync", "fal-ai/sync-lipsync/v2", mouth),
                ("lip_sync", "creatify/lipsync", mouth), ("lip_sync", "fal-ai/infinitalk", face)]:
            check("fal " + model, plugin, base, kind, request, {**where, "FAL_%s_MODEL" % kind.upper(): model}, "done",
                  {})
        one = {**where, "FAL_VIDEO_MODEL": "fal-ai/wan-i2v"}
        for code, example, ends in [(401, "auth", "auth"), (403, "locked", "quota"), (429, "limit", "rate_limited"),
                                    (500, "internal", "transient/internal_error"),
                                    (503, "sched", "transient/runner_scheduling_failure")]:
            check("fal submit %d" % code, plugin, base, "video", clip, one, ends,
                  {"wan-i2v": "code=%d, example=%s" % (code, example)})
        check("fal fails", plugin, base, "video", clip, one, "transient/runner_disconnected",
              {"status": "code=200, example=failed"})
        check("fal forgets", plugin, base, "video", clip, one, "provider_failed/result_lost", {"status": "code=404"})
        result = "764cabcf-b745-4b3e-ae38-1200304cf45b"
        for code, example, ends in [(422, "content_policy", "content_policy/content_policy_violation"),
                                    # The mock says x-fal-retryable: true with all of them, and that decides.
                                    (422, "bad_field", "transient/image_load_error"),
                                    (504, "timeout", "transient/generation_timeout")]:
            check("fal result " + example, plugin, base, "video", clip, one, ends,
                  {result: "code=%d, example=%s" % (code, example)})


def test_openai():
    plugin = Plugin("openai")
    image = {"prompt": "a cup", "width": 1080, "height": 1920}
    with Prism("openai-images.yaml") as base:
        where = {"OPENAI_BASE_URL": base}
        for model in ["gpt-image-2.6-flare", "gpt-image-1.5", "a-model-of-a-gateway"]:
            check("openai " + model, plugin, base, "image", image, {**where, "OPENAI_IMAGE_MODEL": model}, "done")
        for code, example, ends in [(401, "", "auth"), (403, "", "unavailable/model_not_found"),
                                    (429, "rate_limited", "rate_limited"), (429, "slow_down", "rate_limited"),
                                    (429, "out_of_credit", "quota"), (500, "", "transient"), (503, "", "transient")]:
            check("openai image %d %s" % (code, example), plugin, base, "image", image,
                  {**where, "OPENAI_IMAGE_MODEL": "gpt-image-2"}, ends,
                  {"*": "code=%d" % code + (", example=" + example if example else "")})
    with Prism("openai-audio.yaml") as base:
        for model in ["gpt-4o-mini-tts", "tts-1"]:
            check("openai " + model, plugin, base, "speech",
                  {"text": "Hi.", "language": "en-US", "gender": "male", "rate": 160},
                  {"OPENAI_BASE_URL": base, "OPENAI_SPEECH_MODEL": model}, "done")
    with Prism("openai-text.yaml") as base:
        where = {"OPENAI_BASE_URL": base}
        schema = {"type": "object", "additionalProperties": False, "required": ["scene"],
                  "properties": {"scene": {"type": "string"}}}
        ask = {"instructions": "Name it.", "text": "A cup.", "schema": schema, "images": [{"file": "i.png"}]}
        check("openai models", plugin, base, "models", {}, where, "done")
        for kind in ["plan", "classify"]:
            check("openai " + kind, plugin, base, kind, ask, where, "done", {"*": "example=json_ok"})
        for example, ends in [("refusal", "content_policy"), ("filtered", "content_policy"),
                              ("truncated", "provider_failed/length")]:
            check("openai " + example, plugin, base, "plan", ask, where, ends, {"*": "example=" + example})
    with Prism("openai-videos.yaml") as base:
        where = {"OPENAI_BASE_URL": base}
        for request in [{**image, "seconds": 7}, {**image, "seconds": 7, "image": {"file": "i.png"}}]:
            check("openai video", plugin, base, "video", request, where, "done", {"video_sample1": "example=completed"})
        for example, ends in [("failed_moderation", "content_policy/moderation_blocked"), ("failed_internal", "provider_failed")]:
            check("openai " + example, plugin, base, "video", request, where, ends, {"video_sample1": "example=" + example})


def test_elevenlabs():
    plugin = Plugin("elevenlabs")
    with Prism("elevenlabs.yaml") as base:
        where = {"ELEVENLABS_BASE_URL": base}
        say = {"text": "Hola.", "language": "es-MX", "rate": 180, "previous_text": "Antes."}
        for model in ["eleven_flash_v2_5", "eleven_multilingual_v2", "eleven_v3"]:
            check("elevenlabs " + model, plugin, base, "speech", say, {**where, "ELEVENLABS_SPEECH_MODEL": model}, "done")
        check("elevenlabs models", plugin, base, "models", {}, where, "done")
        check("elevenlabs music", plugin, base, "music", {"mood": "calm", "seconds": 20, "seed": 1}, where, "done")
        check("elevenlabs effect", plugin, base, "sound_effect",
              {"text": "rain", "seconds": 2, "loop": True, "prompt_influence": 0.3}, where, "done")
        turns = [{"text": "Hola.", "gender": "female"}, {"text": "¿Qué tal?", "voice": "JBFqnCBsd6RMkjVDRZzb"}]
        check("elevenlabs dialogue", plugin, base, "speech", {**say, "turns": turns}, where, "done")
        check("elevenlabs other voice", plugin, base, "speech_to_speech",
              {"audio": {"file": "i.wav"}, "voice": "JBFqnCBsd6RMkjVDRZzb", "settings": {"stability": 0.4}, "seed": 5}, where, "done")
        for code, example, ends in [(400, "default", "invalid_request"), (400, "bad_prompt", "content_policy"),
                                    (401, "default", "auth"), (401, "quota_exceeded", "quota"),
                                    (401, "detected_unusual_activity", "auth"), (429, "default", "rate_limited"),
                                    (429, "system_busy", "transient"), (429, "rate_limit_exceeded", "rate_limited"),
                                    (500, "", "transient"), (503, "", "transient")]:
            check("elevenlabs %d %s" % (code, example), plugin, base, "speech", say, where, ends,
                  {"*": "code=%d" % code + (", example=" + example if example else "")})


test_fal()
test_openai()
test_elevenlabs()
for failure in failures:
    print("\n" + failure)
sys.exit(1 if failures else 0)
