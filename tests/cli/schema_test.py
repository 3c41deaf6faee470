"""schema_test.py PROGRAM SOURCE: the JSON Schema of timelines and the program agree about what is a good one.

Exit status 77: skipped, there is no python3-jsonschema.
"""
import json
import os
import subprocess
import sys
import tempfile

try:
    import jsonschema
except ImportError:
    print("skipped: there is no python3-jsonschema")
    sys.exit(77)

program, source = sys.argv[1], sys.argv[2]
schema = json.load(open(source + "/ecosystem/schemas/timeline.schema.json"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
sample = json.load(open(source + "/ecosystem/samples/render.json"))
validator.validate(sample["params"])

COLOR = {"type": "color", "color": "#123456", "duration": 0.2}
SMALL = {"width": 32, "height": 32}
GOOD = [
    {"tracks": {"picture": [COLOR]}},
    {"fps": 24, "fade_in": "0.1s", "tracks": {"picture": [{**COLOR, "transition": {"type": "slide", "duration": 0.1}}, COLOR]}},
    {"tracks": {"picture": [COLOR], "text": [{"text": "a", "start": 0, "duration": 0.1, "style": {"font_size": 20, "position": "top"}}]}},
    {"caption_style": {"mode": "pop"},
     "tracks": {"picture": [COLOR], "captions": [{"text": "a b", "end": 0.2, "words": [{"text": "a", "start": 0, "end": 0.1}]}]}},
]
BAD = [
    {},
    {"tracks": {}},
    {"tracks": {"picture": []}},
    {"fps": 29, "tracks": {"picture": [COLOR]}},
    {"tracks": {"picture": [{"type": "hologram"}]}},
    {"tracks": {"picture": [{"type": "image"}]}},
    {"tracks": {"picture": [{**COLOR, "color": "red"}]}},
    {"tracks": {"picture": [{**COLOR, "duration": "soon"}]}},
    {"tracks": {"picture": [{**COLOR, "transition": "explode"}, COLOR]}},
    {"tracks": {"picture": [{"type": "video", "src": "a.mp4", "speed": 9}]}},
    {"tracks": {"picture": [COLOR], "text": [{"text": "a", "start": 0}]}},
    {"tracks": {"picture": [COLOR], "captions": [{"start": 0, "end": 1}]}},
    {"tracks": {"picture": [COLOR], "voice": [{"start": 0}]}},
    {"caption_style": {"mode": "dance"}, "tracks": {"picture": [COLOR]}},
]

with tempfile.TemporaryDirectory() as scratch:
    environment = dict(os.environ, DATA_DIR=scratch + "/data", VIDEO_PRESET="ultrafast", MAX_ATTEMPTS="1")

    def made(number, timeline):
        path = "%s/job-%d.json" % (scratch, number)
        with open(path, "w") as file:
            json.dump({"id": "job-%d" % number, "type": "render", "params": {"timeline": timeline}}, file)
        ended = subprocess.run([program, "run", path], env=environment, cwd=scratch, capture_output=True, text=True)
        return ended.returncode == 0, ended.stdout + ended.stderr

    for number, (timeline, good) in enumerate([(t, True) for t in GOOD] + [(t, False) for t in BAD]):
        timeline = {**SMALL, **timeline}
        valid = validator.is_valid({"timeline": timeline})
        assert valid == good, "the schema says %s of %s" % (valid, timeline)
        done, said = made(number, timeline)
        assert done == good, "the program says %s of %s" % (said, timeline)
        if not good:
            assert "params.timeline" in said, "no field is named: " + said
print("%d good and %d bad timelines" % (len(GOOD), len(BAD)))
