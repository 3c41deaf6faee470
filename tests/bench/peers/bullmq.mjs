// node bullmq.mjs PORT: BullMQ as its manual has it, on the Redis at that port. Asked "submit|claim|progress CLIENTS SECONDS
// BODY" or "fill JOBS 0 BODY" on standard input, it answers how many a second it did.
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import { join } from 'node:path'

const { Queue, Worker } = createRequire(join(process.env.BENCH_MODULES, 'package.json'))('bullmq')
const connection = { host: '127.0.0.1', port: Number(process.argv[2]), maxRetriesPerRequest: null }
const queue = new Queue('video', { connection })
await queue.waitUntilReady()

async function rate(clients, seconds, act) {
  const begin = performance.now()
  let count = 0
  await Promise.all(clients.map(async client => {
    while (performance.now() - begin < seconds * 1000) {
      await act(client)
      count++
    }
  }))
  return count / ((performance.now() - begin) / 1000)
}

const operations = {
  async fill(jobs, _, body) {
    for (let made = 0; made < jobs; made += 500) {
      const several = Array.from({ length: Math.min(500, jobs - made) }, () => ({ name: 'clip', data: body }))
      await queue.addBulk(several)
    }
    return jobs
  },
  // One connection for each client, as separate parts of a program have.
  async submit(count, seconds, body) {
    const queues = Array.from({ length: count }, () => new Queue('video', { connection }))
    await Promise.all(queues.map(q => q.waitUntilReady()))
    const found = await rate(queues, seconds, q => q.add('clip', body))
    await Promise.all(queues.map(q => q.close()))
    return found
  },
  // One worker with that concurrency: it finishes a job and fetches the next in one round trip.
  async claim(count, seconds) {
    const worker = new Worker('video', async () => {}, { connection, concurrency: count, autorun: false })
    await worker.waitUntilReady()
    let done = 0
    worker.on('completed', () => done++)
    const begin = performance.now()
    const over = new Promise(resolve => {
      worker.on('drained', resolve)
      setTimeout(resolve, seconds * 1000)
    })
    worker.run().catch(problem => { throw problem })
    await over
    const found = done / ((performance.now() - begin) / 1000)
    await worker.close()
    return found
  },
  async progress(_, seconds, body) {
    const job = await queue.add('clip', body)
    let frame = 0
    return rate([job], seconds, j => j.updateProgress({ stage: 'generating_video', message: `frame ${++frame}` }))
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const [, operation, count, seconds, body] = line.match(/^(\w+) (\d+) (\S+) (.*)$/)
  console.log(await operations[operation](Number(count), Number(seconds), JSON.parse(body)))
}
process.exit(0)
