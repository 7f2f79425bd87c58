// Documents to submit, derived from one generated CDA file: the same file with another unique id is another document.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const INS_OID = /^1\.2\.250\.1\.213\.1\.4\.(8|9|10|11)$/;

function attribute(element, name) {
  return new RegExp(`\\b${name}="([^"]*)"`).exec(element)?.[1];
}

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

export class Documents {
  constructor(directory) {
    const file = readdirSync(directory).filter((name) => name.endsWith('.xml')).sort()[0];
    if (!file) throw new Error(`no .xml file in ${directory}`);
    this.text = readFileSync(join(directory, file), 'utf8');
    const ids = this.text.match(/<(?:\w+:)?id\b[^>]*\/>/g) ?? [];
    // In a CDA header the first `id` element is the document's own.
    this.idElement = ids[0];
    const person = ids.find((id) => INS_OID.test(attribute(id, 'root') ?? ''));
    this.patient = { ins: attribute(person, 'extension'), oid: attribute(person, 'root') };
    // New in every run, so that runs on one server do not meet; a failing run is repeated with HG_RUN.
    this.run = process.env.HG_RUN ?? `${Date.now()}-${process.pid}`;
    this.count = 0;
  }

  next() {
    this.count += 1;
    const hex = createHash('sha256').update(`${this.run}/${this.count}`).digest('hex').toUpperCase();
    const uniqueId = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-');
    const element = this.idElement.replace(/root="[^"]*"/, `root="${uniqueId}"`).replace(/\s*extension="[^"]*"/, '');
    const content = Buffer.from(this.text.replace(this.idElement, element), 'utf8');
    return { uniqueId, content, sha256: sha256(content) };
  }

  // A CDA needs nothing but what its header can not say: confidentiality, the qualified identity, the opposition.
  request(document, changes = {}) {
    return {
      correlation_id: document.uniqueId,
      metadata: { confidentiality: ['NORMAL'] },
      content: document.content,
      sha256: document.sha256,
      ins_qualified: true,
      ins_qualified_at: { seconds: Math.floor(Date.now() / 1000) - 3600, nanos: 0 },
      feeding_opposition: 'INO',
      ...changes,
    };
  }
}
