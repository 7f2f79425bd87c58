// Reads manifests (YAML files, or `-`) and checks each object against the Kubernetes API twice: its validators, for types and what is
// required, and its TypeScript types, which also know a field that does not exist. Usage: node kubernetes.mjs FILE…
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import yaml from 'yaml';

let wrong = 0;
let seen = 0;
const literals = [];
for (const file of process.argv.slice(2)) {
  for (const document of yaml.parseAllDocuments(readFileSync(file === '-' ? 0 : file, 'utf8'))) {
    const errors = document.errors.map((error) => error.message);
    const object = document.toJS();
    if (object === null) continue;
    seen += 1;
    const what = `${file}: ${object?.kind}/${object?.metadata?.name}`;
    // A misspelt kind has no model.
    let Model;
    try {
      Model = (await import(`kubernetes-models/${object.apiVersion}`))[object.kind];
    } catch { /* told below */ }
    if (Model) {
      try {
        new Model(object).validate();
      } catch (error) {
        errors.push(error.message);
      }
      // What the types have as an enumeration of numbers and texts stays as it is written.
      literals.push({ what, object });
    } else {
      errors.push(`no kind ${object.kind} in ${object.apiVersion}`);
    }
    for (const error of errors) console.log(`${what}: ${error}`);
    wrong += errors.length;
  }
}

// An object literal of a type may have no field that the type has not, at any depth.
const work = mkdtempSync(join(tmpdir(), 'healthgrains-types-'));
try {
  symlinkSync(fileURLToPath(new URL('node_modules', import.meta.url)), join(work, 'node_modules'));
  const program = join(work, 'objects.ts');
  writeFileSync(program, literals.map(({ what, object }, i) =>
    `import type { I${object.kind} as T${i} } from "kubernetes-models/${object.apiVersion}";\n`
    + `// ${what}\nexport const o${i}: T${i} = ${JSON.stringify(object)};\n`).join(''));
  const checked = ts.createProgram([program], {
    noEmit: true, strict: true, skipLibCheck: true, types: [],
    module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext, target: ts.ScriptTarget.ES2022,
  });
  for (const diagnostic of ts.getPreEmitDiagnostics(checked)) {
    wrong += 1;
    const line = diagnostic.file ? ts.getLineAndCharacterOfPosition(diagnostic.file, diagnostic.start).line : 0;
    const index = Math.floor(line / 3);
    console.log(`${literals[index]?.what}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`);
  }
} finally {
  rmSync(work, { recursive: true });
}
console.log(`${seen} objects, ${wrong} wrong`);
process.exit(wrong === 0 && seen > 0 ? 0 : 1);
