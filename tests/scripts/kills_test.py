"""kills_test.py SCRIPTS [TRIALS [SEED]]: ffmpeg and the scripts around it get signals at random moments; what has its name is whole.

Each trial runs `piece`, `mix` or `finish`, and within its usual time INT, TERM, KILL, or STOP and then KILL, goes to the whole process group or to
its ffmpeg alone. Afterwards there is no output and the status is not 0, or there is one that decodes to exactly what was asked for.
After any signal but KILL no temporary file is left. 20 trials; with REELSPOOL_LONG=1: 500.
"""
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

scripts = sys.argv[1]
trials = int(sys.argv[2]) if len(sys.argv) > 2 else 500 if os.environ.get("REELSPOOL_LONG") else 20
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
FRAMES = 60


def run(*arguments):
    return subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout


def ffmpeg(*arguments):
    run("ffmpeg", "-nostdin", "-v", "error", "-y", *arguments)


def decoded(path, stream):
    """Frames or samples that a whole decode gives; raises where anything is damaged."""
    if stream == "v":
        hashes = run("ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, "-map", "0:v:0", "-fps_mode", "passthrough", "-f", "framehash", "-")
        return sum(1 for line in hashes.splitlines() if line.startswith("0,"))
    raw = subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-xerror", "-i", path, "-map", "0:a:0", "-ac", "1", "-f", "s16le", "-"],
                         check=True, stdin=subprocess.DEVNULL, capture_output=True).stdout
    return len(raw) // 2


def ffmpegs_of(group):
    """The ffmpeg processes of a process group."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as file:
                    comm, rest = file.read().split("(", 1)[1].rsplit(")", 1)
            except (FileNotFoundError, ProcessLookupError, IndexError):
                continue
            if comm in ("ffmpeg", "ffprobe") and int(rest.split()[2]) == group:
                found.append(int(name))
    return found


def main():
    chance = random.Random(seed)
    folder = tempfile.mkdtemp(prefix="reelspool-kills-")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=2", "-f", "lavfi", "-i", "sine=300:d=2", "-c:v", "libx264", "-pix_fmt", "yuv420p",
           folder + "/clip.mp4")
    piece = [scripts + "/piece", "--frames", str(FRAMES), "--width", "320", "--height", "180", "--preset", "ultrafast", "--clip",
             folder + "/clip.mp4", "--fit", "blur"]
    mix = [scripts + "/mix", "--seconds", "2", "--own", folder + "/clip.mp4", "--music", folder + "/clip.mp4"]
    run(*piece, "--out", folder + "/piece.mp4")
    run(*mix, "--out", folder + "/mix.wav")
    finish = [scripts + "/finish", "--frames", str(2 * FRAMES), "--piece", folder + "/piece.mp4", "--piece", folder + "/piece.mp4", "--sound",
              folder + "/four.wav"]
    run(scripts + "/mix", "--seconds", "4", "--own", folder + "/clip.mp4", "--out", folder + "/four.wav")
    jobs = [("piece", piece, "out.mp4", "v", FRAMES), ("mix", mix, "out.wav", "a", 96000), ("finish", finish, "out.mp4", "v", 2 * FRAMES)]

    usual, counts = {}, {"whole": 0, "nothing": 0}
    for trial in range(trials):
        name, command, out_name, stream, wanted = jobs[trial % len(jobs)]
        work = os.path.join(folder, "trial")
        shutil.rmtree(work, ignore_errors=True)
        os.mkdir(work)
        out = os.path.join(work, out_name)
        if name not in usual:
            began = time.monotonic()
            run(*command, "--out", out)
            usual[name] = time.monotonic() - began
            os.remove(out)
        process = subprocess.Popen([*command, "--out", out], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                   start_new_session=True)
        time.sleep(chance.uniform(0, usual[name] * 1.1))  # the random moment
        sort = chance.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL, signal.SIGSTOP])
        targets = ffmpegs_of(process.pid) if chance.random() < 0.5 else []
        sent_to = "ffmpeg" if targets else "group"
        try:
            for target in targets:
                os.kill(target, sort)
            if not targets:
                os.killpg(process.pid, sort)
            if sort == signal.SIGSTOP:  # what a supervisor does about one that stands still
                os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        complaint = process.communicate()[1].decode(errors="replace")
        said = "trial %d: %s to the %s of %s: status %d, %s" % (trial, sort.name, sent_to, name, process.returncode, complaint[-300:])
        if os.path.exists(out):
            try:
                found = decoded(out, stream)
            except subprocess.CalledProcessError as damage:
                raise AssertionError("%s; the output is damaged: %s" % (said, damage))
            assert found == wanted, "%s; it has %d" % (said, found)
            counts["whole"] += 1
        else:
            assert process.returncode != 0, said
            counts["nothing"] += 1
        left = [entry for entry in os.listdir(work) if entry != out_name]
        killed = sort == signal.SIGSTOP or (sort == signal.SIGKILL and sent_to == "group")
        assert killed or not left, "%s left %s" % (said, left)
    shutil.rmtree(folder)
    print("%d trials: %d times a whole file, %d times none" % (trials, counts["whole"], counts["nothing"]))


main()
