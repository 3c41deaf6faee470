// node naive.mjs FILE: a jobs.json as one writes it by hand: read, change, write beside, sync, rename. Asked
// "submit|claim|progress 1 SECONDS BODY" or "fill JOBS 0 BODY" on standard input, it answers how many a second it did.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { createInterface } from 'node:readline'

const file = process.argv[2]
const read = () => JSON.parse(readFileSync(file, 'utf8'))

function write(state) {
  const bytes = Buffer.from(JSON.stringify(state))
  const fd = openSync(file + '.tmp', 'w')
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
  fsyncSync(fd)
  closeSync(fd)
  renameSync(file + '.tmp', file)
}

let number = 0
const entry = body => ({ ...body, id: `job-${++number}`, status: 'pending' })

function change(act) {
  const state = read()
  act(state)
  write(state)
}

const acts = {
  submit: body => change(state => state.jobs.push(entry(body))),
  claim: () => {
    let id
    change(state => {
      const job = state.jobs.find(j => j.status === 'pending')
      job.status = 'running'
      id = job.id
    })
    change(state => { state.jobs.find(j => j.id === id).status = 'done' })
  },
  progress: () => change(state => { state.jobs[0].message = `frame ${++number}` }),
}

for await (const line of createInterface({ input: process.stdin })) {
  const [, operation, count, seconds, body] = line.match(/^(\w+) (\d+) (\S+) (.*)$/)
  const job = JSON.parse(body)
  if (operation === 'fill') {
    write({ jobs: Array.from({ length: Number(count) }, () => entry(job)) })
    console.log(count)
    continue
  }
  const begin = performance.now()
  let done = 0
  for (; performance.now() - begin < Number(seconds) * 1000; done++) acts[operation](job)
  console.log(done / ((performance.now() - begin) / 1000))
}
