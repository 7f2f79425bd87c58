// The cases of `buf curl`: a Go client that learns the API by reflection and speaks JSON to its user. Arguments and
// environment as in client.mjs.
import { spawn } from 'node:child_process';
import { buf } from './buf.mjs';
import { Documents } from './documents.mjs';
import { expect, expectEqual, readArguments, runCases, Skip } from './harness.mjs';

const { server, files, only } = readArguments();
const documents = new Documents(files);
console.log(`# buf curl, HG_RUN=${documents.run}`);

const tokens = { producer: process.env.HG_TOKEN_PRODUCER, patient: process.env.HG_TOKEN_PATIENT };

// buf's exit code is the gRPC code times eight; its own errors are below eight.
function curl(path, { token, data, reflect = 'grpc-v1', options = [] } = {}) {
  if (!buf) throw new Skip(`no buf package for ${process.platform} ${process.arch}`);
  const args = [
    'curl', '--http2-prior-knowledge', '--protocol', 'grpc', '--reflect', '--reflect-protocol', reflect,
    ...(token ? ['-H', `authorization: Bearer ${token}`] : []),
    ...(data ? ['--data', '@-'] : []),
    ...options, `http://${server}${path}`,
  ];
  return new Promise((resolve, reject) => {
    const child = spawn(buf, args, { timeout: 20_000 });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => { out += chunk; });
    child.stderr.on('data', (chunk) => { err += chunk; });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
    child.stdin.on('error', () => {});
    child.stdin.end([data ?? []].flat().map((each) => JSON.stringify(each)).join('\n'));
  });
}

function json(answer) {
  expect(answer.code === 0, `exit code ${answer.code}: ${answer.err}`);
  return JSON.parse(answer.out);
}

const person = documents.patient;
const submission = (document, changes = {}) => ({
  metadata: { confidentiality: ['NORMAL'] },
  content: document.content.toString('base64'),
  sha256: document.sha256.toString('base64'),
  insQualified: true,
  insQualifiedAt: new Date(Date.now() - 3_600_000).toISOString(),
  feedingOpposition: 'INO',
  ...changes,
});

const cases = {
  'list-services': async () => {
    for (const reflect of ['grpc-v1', 'grpc-v1alpha']) {
      const { code, out, err } = await curl('', { reflect, options: ['--list-services'] });
      expect(code === 0, `exit code ${code}: ${err}`);
      expect(out.includes('healthgrains.v1.DocumentExchange'), `DocumentExchange is not listed by ${reflect}`);
    }
  },

  'submit-unary': async () => {
    const document = documents.next();
    const { receipt } = json(await curl('/healthgrains.v1.DocumentExchange/Submit', { token: tokens.producer, data: submission(document) }));
    expectEqual(receipt.uniqueId, document.uniqueId, 'uniqueId');
    expectEqual(receipt.sha256, document.sha256.toString('base64'), 'sha256');
  },

  'refusal-with-details': async () => {
    const data = submission(documents.next(), { metadata: {} });
    const { code, err } = await curl('/healthgrains.v1.DocumentExchange/Submit', { token: tokens.producer, data });
    expectEqual(code, 3 * 8, 'exit code');
    const error = JSON.parse(err);
    expectEqual(error.code, 'invalid_argument', 'code');
    const info = error.details.find((detail) => detail.type.endsWith('google.rpc.ErrorInfo'));
    expect(Buffer.from(info?.value ?? '', 'base64').includes('METADATA_INVALID'), `details are ${err}`);
  },

  'unauthenticated-call': async () => {
    const { code } = await curl('/healthgrains.v1.PatientRecords/GetRecord', { data: { patient: person } });
    expectEqual(code, 16 * 8, 'exit code');
  },

  'server-stream': async () => {
    const document = documents.next();
    json(await curl('/healthgrains.v1.DocumentExchange/Submit', { token: tokens.producer, data: submission(document) }));
    const data = { patient: person, uniqueId: document.uniqueId };
    const { code, out, err } = await curl('/healthgrains.v1.PatientRecords/ReadContent', { token: tokens.patient, data });
    expect(code === 0, `exit code ${code}: ${err}`);
    const bytes = [...out.matchAll(/"data":\s*"([^"]*)"/g)].map((match) => Buffer.from(match[1], 'base64'));
    expect(Buffer.concat(bytes).equals(document.content), 'the bytes differ');
  },

  'bidi-stream': async () => {
    const sent = [documents.next(), documents.next(), documents.next()];
    const data = sent.map((document) => submission(document, { correlationId: document.uniqueId }));
    const { code, out, err } = await curl('/healthgrains.v1.DocumentExchange/SubmitMany', { token: tokens.producer, data });
    expect(code === 0, `exit code ${code}: ${err}`);
    for (const { uniqueId } of sent) expect(out.includes(uniqueId), 'a result is missing');
  },

  'unknown-method': async () => {
    const { code } = await curl('/healthgrains.v1.PatientRecords/NoSuchMethod', { token: tokens.patient, data: {} });
    expect(code !== 0, 'exit code 0');
  },
};

process.exit(await runCases(cases, only));
