// A front end that submits many jobs, each by a program of jobstore/PROTOCOL.md as it stands there, or by writing in place:
//
//   node writer.mjs PROGRAM|in-place DATA PREFIX COUNT
//
// The jobs are PREFIX-0, PREFIX-1 ... One is acknowledged when the program has ended; their number is printed.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [program, data, prefix, count] = process.argv.slice(2);
const jobFile = `${data}.${prefix}.json`;

function writeInPlace() {
  const jobsFile = `${data}/jobs.json`;
  const all = existsSync(jobsFile) ? JSON.parse(readFileSync(jobsFile, 'utf8')) : { jobs: [] };
  all.jobs.push(JSON.parse(readFileSync(jobFile, 'utf8')));
  writeFileSync(jobsFile, JSON.stringify(all));
}

let acknowledged = 0;
process.argv = [process.argv[0], program, data, jobFile];
for (let number = 0; number < Number(count); ++number) {
  writeFileSync(jobFile, JSON.stringify({ id: `${prefix}-${number}`, type: 'clip', params: { price: 1.5, text: 'Zoë' } }));
  if (program === 'in-place') writeInPlace();
  else await import(`${pathToFileURL(program)}?${number}`); // under a name of its own a module runs anew
  ++acknowledged;
}
console.log(acknowledged);
