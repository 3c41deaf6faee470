#include "worker/config/settings.hpp"

namespace reelspool {
namespace {

using Type = Setting::Type;

// The one list of settings: README's table is printed from it (`reelspool config --markdown`).
constexpr Setting table[] = {
    {"DATA_DIR", Type::path, "temp", "",
     "Where jobs.json, the drop folder, the store and finished videos are"},
    {"PLUGINS_DIR", Type::path, "", "",
     "A folder of your own plugins, beside those that are shipped; default: DATA_DIR/plugins"},
    {"SCRIPTS_DIR", Type::path, "", "",
     "A folder whose scripts replace those of ffmpeg-scripts with the same name"},
    {"WORKER_NAME", Type::text, "", "",
     "This worker's name in jobs and logs; default: host name and process id"},

    {"MAX_CONCURRENT_JOBS", Type::integer, "", "jobs",
     "Jobs in flight at once; default: the larger of 2 and MAX_CONCURRENT_RENDERS", 1, 10000},
    {"MAX_CONCURRENT_RENDERS", Type::integer, "", "runs",
     "ffmpeg encodes at once; default: the smaller of cores / 4 and free memory / 2 GB, at least 1. 1 "
     "finishes one video sooner while others wait",
     1, 1000},
    {"MAX_CONCURRENT_SPEECH", Type::integer, "3", "steps", "Narrations at once; 1-2 on trial keys", 1,
     100000},
    {"MAX_CONCURRENT_IMAGE", Type::integer, "2", "steps", "Pictures at once; 1-2 on trial keys", 1, 100000},
    {"MAX_CONCURRENT_VIDEO", Type::integer, "2", "steps", "Clips at once; 1-2 on trial keys", 1, 100000},
    {"MAX_CONCURRENT_MUSIC", Type::integer, "1", "steps", "Pieces of music at once", 1, 100000},
    {"MAX_CONCURRENT_SOUND_EFFECT", Type::integer, "2", "steps", "Sound effects at once", 1, 100000},

    {"START_LIMITS", Type::text, "clip=10/60s", "type or kind = jobs / time, ...",
     "How many jobs of a type may begin within a time, over all workers on one store; none: no limits"},
    {"ENABLE_WORKERS", Type::text, "", "types or kinds, separated by ,",
     "Only jobs of these types are claimed by this worker; default: all"},

    {"MAX_ATTEMPTS", Type::integer, "3", "attempts",
     "Tries of a job in all, the first included; a shutdown or crash costs none", 1, 100},
    {"RETRY_DELAY_MS", Type::milliseconds, "5000", "ms",
     "Wait before the second attempt of a job; doubles each time, with jitter", 0, 86400000},
    {"MAX_INTERRUPTIONS", Type::integer, "5", "times",
     "A job that takes its worker down this often in a row is set aside as failed", 1, 1000},
    {"JOB_TIMEOUT", Type::milliseconds, "2h", "ms, or 90s, 15m, 2h",
     "Longest running time of an attempt, waiting in the queue not counted", 1000, 604800000},
    {"SHUTDOWN_GRACE_MS", Type::milliseconds, "1000", "ms",
     "How long running steps may go on after SIGTERM or SIGINT; keep it below your supervisor's patience "
     "(PM2: 1600 ms)",
     0, 3600000},
    {"MIN_FREE_DISK_MB", Type::integer, "100", "MB",
     "While DATA_DIR's disk has less free than this no job is begun; what runs goes on. 0: no matter", 0,
     100000000},
    {"KEEP_DONE", Type::milliseconds, "1h", "ms, or 90s, 15m, 2h",
     "How long the entry of a done job stays, and its working files; its video stays. 0: for ever", 0,
     315360000000},
    {"KEEP_DONE_COUNT", Type::integer, "100", "jobs", "How many done jobs stay at the most; 0: any number", 0,
     100000000},
    {"KEEP_FAILED", Type::milliseconds, "24h", "ms, or 90s, 15m, 2h",
     "How long a failed or cancelled job stays; 0: for ever", 0, 315360000000},
    {"KEEP_FAILED_COUNT", Type::integer, "500", "jobs",
     "How many failed, and how many cancelled jobs stay at the most; 0: any number", 0, 100000000},
    {"KEEP_OUTPUTS", Type::milliseconds, "0", "ms, or 90s, 15m, 2h",
     "How long videos, thumbnails and plans stay once their jobs are gone, from their making on; 0: for ever",
     0, 315360000000},
    {"POLL_INTERVAL_MS", Type::milliseconds, "2000", "ms",
     "How often jobs.json is looked at on file systems without change events", 100, 3600000, "JOB_DELAY_MS"},
    {"MAX_SCENES", Type::integer, "500", "scenes", "A storyboard with more is refused", 1, 100000},

    {"IMAGE_PROVIDER", Type::text, "", "", "The provider asked first for pictures; default: local"},
    {"VIDEO_PROVIDER", Type::text, "", "", "The provider asked first for clips; default: local"},
    {"SPEECH_PROVIDER", Type::text, "", "", "The provider asked first for narration; default: local"},
    {"MUSIC_PROVIDER", Type::text, "", "", "The provider asked first for music; default: local"},
    {"SOUND_EFFECT_PROVIDER", Type::text, "", "",
     "The provider asked first for sound effects; default: local"},
    {"STORAGE_PROVIDER", Type::text, "", "",
     "The provider that finished videos are uploaded to as well; default: one whose secret is set "
     "(S3_SECRET_ACCESS_KEY), else none; none: no upload"},
    {"STORAGE_VIDEO_KEY", Type::text, "renders/{jobId}_final.mp4", "",
     "Where an uploaded video goes; {jobId}, {userId} and {type} are filled in"},
    {"STORAGE_THUMBNAIL_KEY", Type::text, "renders/{jobId}_thumbnail.jpg", "", "The same of its thumbnail"},
    {"PROVIDER_LIMITS", Type::text, "", "provider = count, provider = count / time, ...",
     "How many operations of a provider run at once (fal=10), and how many paid requests it gets within any "
     "time (openai=60/60s), for each key and over all workers on one data directory; default: no limits"},
    {"HOST_IDLE_MS", Type::milliseconds, "10000", "ms",
     "A plugin's process is ended when it had nothing to do for this long", 0, 3600000},
    {"ON_UNKNOWN_SUBMIT", Type::choice, "fail", "fail|retry",
     "What happens when a request that may have been charged got no answer: the job fails with the code "
     "unknown_submit, or it is sent again and perhaps paid for twice"},
    {"MAX_PAID_CALLS_PER_STEP", Type::integer, "10", "requests",
     "How many requests that may cost money are sent for one step, over its providers and its job's "
     "attempts; "
     "then the job fails, and retrying it by hand allows as many again",
     1, 1000},
    {"HTTP_ALLOWED_HOSTS", Type::text, "", "host or host:port, separated by ,",
     "Hosts that providers may reach although their addresses are private, such as a model server on "
     "localhost:11434"},
    {"SANDBOX", Type::choice, "required", "required|if_possible",
     "Whether programs and plugins may run on a kernel without Landlock; `doctor` tells what yours has"},

    {"ENABLE_TTS", Type::boolean, "true", "", "false: no narration wherever the audio mode does not need it"},
    {"MEDIA_FOLDERS", Type::text, "", "folders, separated by :",
     "Folders besides DATA_DIR/uploads from which a job may name pictures, clips and sounds"},
    {"FILES_BASE_URL", Type::text, "", "",
     "What videoUrl begins with, before /<job>/final.mp4; default: file://DATA_DIR/jobs"},
    {"LOUDNESS_LUFS", Type::number, "-14", "LUFS",
     "Integrated loudness of the finished video; -14 for web video, -23 for broadcast", -40, -8},
    {"PEAK_DBTP", Type::number, "-1.5", "dBTP",
     "True-peak limit before the sound is encoded; encoding adds up to 0.5 dB", -9, -0.5},
    {"MUSIC_DB", Type::number, "-16", "dB", "Level of music against speech while somebody speaks", -60, 0},
    {"DUCK_DB", Type::number, "10", "dB", "How much louder music is while nobody speaks", 0, 30},
    {"VIDEO_CRF", Type::integer, "18", "",
     "x264's constant rate factor; lower looks better and takes more space", 0, 51},
    {"VIDEO_PRESET", Type::choice, "medium",
     "ultrafast|superfast|veryfast|faster|fast|medium|slow|slower|veryslow",
     "x264's preset; slower takes less space for the same look"},
    {"DEFAULT_PLAN", Type::text, "free", "",
     "The plan of a job whose user has none; only unpaid plans get a watermark"},
    {"WATERMARK_IMAGE", Type::text, "", "",
     "The watermark's picture (path); default: the one shipped; none: no watermark"},
    {"WATERMARK_WIDTH", Type::number, "0.42", "of the width", "Width of the watermark", 0.01, 1},
    {"WATERMARK_PLACE", Type::choice, "centre", "centre|top-left|top-right|bottom-left|bottom-right",
     "Where the watermark is"},
    {"WATERMARK_OPACITY", Type::number, "0.3", "", "Opacity of the watermark", 0, 1},

    {"LOG_LEVEL", Type::choice, "info", "debug|info|warn|error", "The least important lines that are logged"},
    {"LOG_FORMAT", Type::choice, "auto", "auto|json|human",
     "auto: for people on a terminal, else a JSON object a line"},
};

}  // namespace

std::span<const Setting> settings_table() {
  return table;
}

}  // namespace reelspool
