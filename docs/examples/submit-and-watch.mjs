// Submits one CDA file and prints what the patient is told. Set HG_SERVER, HG_FILE (the document), HG_INS and HG_INS_OID (the
// patient in it), HG_TOKEN_PRODUCER, HG_TOKEN_PATIENT.
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const { HG_SERVER = '127.0.0.1:8081', HG_FILE, HG_INS, HG_INS_OID, HG_TOKEN_PRODUCER, HG_TOKEN_PATIENT } = process.env;
const protos = new URL('../../protos/', import.meta.url).pathname;
const files = ['document_exchange', 'patient_records', 'consents'].map((name) => `healthgrains/v1/${name}.proto`);
const definition = protoLoader.loadSync(files, { includeDirs: [protos], keepCase: true, longs: Number, enums: String });
const { v1 } = grpc.loadPackageDefinition(definition).healthgrains;
const client = (service) => new v1[service](HG_SERVER, grpc.credentials.createInsecure());
const as = (token) => { const m = new grpc.Metadata(); m.set('authorization', `Bearer ${token}`); return m; };
const call = (stub, method, request, token) =>
  promisify(stub[method]).call(stub, request, as(token), { deadline: Date.now() + 10_000 });

const patient = { ins: HG_INS, oid: HG_INS_OID };
const [records, exchange, consents] = ['PatientRecords', 'DocumentExchange', 'Consents'].map(client);
await call(consents, 'OpenRecord', { patient, terms_version: '2024-01' }, HG_TOKEN_PATIENT);

const changes = records.Watch({ patient, after_sequence: 0 }, as(HG_TOKEN_PATIENT), { deadline: Date.now() + 20_000 });
changes.on('error', (error) => { console.error(error.details); process.exit(1); });

const { receipt } = await call(exchange, 'Submit', {
  content: readFileSync(HG_FILE), // All but the confidentiality is read from the CDA header.
  metadata: { confidentiality: ['NORMAL'] },
  ins_qualified: true, ins_qualified_at: { seconds: Math.floor(Date.now() / 1000) - 60 }, feeding_opposition: 'INO',
}, HG_TOKEN_PRODUCER);
console.log('accepted', receipt.document_id, receipt.already_known ? '(known before)' : '');
changes.on('data', ({ sequence, code, document_id }) => {
  console.log('told', sequence, code, document_id);
  if (document_id === receipt.document_id) process.exit(0);
});
