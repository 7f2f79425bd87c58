// Lints the public protos, as CI does.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { buf } from './buf.mjs';

if (!buf) {
  console.error(`no buf package for ${process.platform} ${process.arch}`);
  process.exit(6);
}
const top = fileURLToPath(new URL('../../..', import.meta.url));
process.exit(spawnSync(buf, ['lint'], { cwd: top, stdio: 'inherit' }).status ?? 1);
