// Compares the protos with what was landed before (released/*.binpb): the public API by wire and JSON, as buf.yaml says, and the journal
// by wire, because what is stored is read for ever. An image is made with `buf build --exclude-source-info -o FILE`.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { buf } from './buf.mjs';

if (!buf) {
  console.error(`no buf package for ${process.platform} ${process.arch}`);
  process.exit(6);
}
const top = fileURLToPath(new URL('../../..', import.meta.url));
const released = fileURLToPath(new URL('../released/', import.meta.url));
const stored = JSON.stringify({ version: 'v2', modules: [{ path: 'protos' }], breaking: { use: ['WIRE'] } });
let broken = 0;
for (const image of readdirSync(released).filter((name) => name.endsWith('.binpb'))) {
  for (const config of [[], ['--config', stored]]) {
    const run = spawnSync(buf, ['breaking', '--against', released + image, ...config], { cwd: top, stdio: 'inherit' });
    if (run.status !== 0) broken += 1;
  }
}
process.exit(broken === 0 ? 0 : 1);
