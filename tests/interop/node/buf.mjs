// Where the buf program of this machine is: a package for each platform, so that nothing is downloaded by a script.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const machine = { x64: 'x64', arm64: 'aarch64' }[process.arch];
const program = fileURLToPath(new URL(`../node_modules/@bufbuild/buf-${process.platform}-${machine}/bin/buf`, import.meta.url));

export const buf = existsSync(program) ? program : undefined;
