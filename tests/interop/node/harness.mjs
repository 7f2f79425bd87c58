// Named cases, each with a time limit, one line each on stdout: `ok NAME`, `not ok NAME reason`, `skip NAME reason`, then
// `N passed, N failed` (and `, N skipped` when there were any). The exit code is 0 only when nothing failed.
import { parseArgs } from 'node:util';

export const CASE_MS = 30_000;

export class Skip extends Error {}

export function readArguments() {
  const { values } = parseArgs({
    options: { server: { type: 'string' }, files: { type: 'string' }, only: { type: 'string' } },
  });
  if (!values.server || !values.files) {
    console.error('usage: --server HOST:PORT --files DIR [--only CASE]');
    process.exit(2);
  }
  return values;
}

// Every wait of a case goes through here, so that a hanging server is a failed case and not a hanging run.
export function within(promise, ms, what) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

export function expect(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

export function expectEqual(actual, wanted, what) {
  expect(Object.is(actual, wanted), `${what}: wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)}`);
}

export async function runCases(cases, only, caseMs = CASE_MS) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  for (const [name, run] of Object.entries(cases)) {
    if (only && only !== name) continue;
    try {
      await within(run(), caseMs, name);
      passed += 1;
      console.log(`ok ${name}`);
    } catch (error) {
      const reason = String(error?.message ?? error).replace(/\s+/g, ' ').slice(0, 400);
      if (error instanceof Skip) {
        skipped += 1;
        console.log(`skip ${name} ${reason}`);
      } else {
        failed += 1;
        console.log(`not ok ${name} ${reason}`);
      }
    }
  }
  console.log(`${passed} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}`);
  return failed === 0 && passed > 0 ? 0 : 1;
}
