// The smallest front end: submits a job by way of jobs.json and follows it there.
//
//   node frontend.mjs temp/jobs.json job.json
//
// job.json holds one job: {"id": "ad-7", "type": "storyboard", "params": {...}}; without an id it gets one. Each new state is
// printed; the exit status is 0 when the job is done, 1 when it failed or was cancelled. The worker may be started before or
// after. This is safe for one program that writes jobs.json; where several do, use the drop folder or the lock directory
// (jobstore/PROTOCOL.md).
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const [file, jobFile] = process.argv.slice(2);
const job = { id: `job-${Date.now()}`, ...JSON.parse(readFileSync(jobFile, 'utf8')), status: 'pending' };

function read() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (problem) {
    if (problem.code === 'ENOENT') return { jobs: [] }; // no worker has been here yet
    throw problem;
  }
}

// Read, add an entry, write beside, rename: no reader ever sees half a file, and the worker never loses the entry.
const changed = read();
changed.jobs.push(job);
writeFileSync(`${file}.mine`, JSON.stringify(changed));
renameSync(`${file}.mine`, file);

let last = '';
const timer = setInterval(() => {
  const now = read().jobs.find((entry) => entry.id === job.id);
  if (!now) return; // for a moment the worker's own file may be the older one
  const line = `${now.status} ${Math.round(now.progress ?? 0)} ${now.videoUrl ?? now.error ?? now.stage ?? ''}`.trim();
  if (line !== last) console.log((last = line));
  if (!['done', 'failed', 'cancelled'].includes(now.status)) return;
  clearInterval(timer);
  process.exitCode = now.status === 'done' ? 0 : 1;
}, 200);
