// The cases of @grpc/grpc-js. Usage: node client.mjs --server HOST:PORT --files DIR [--only CASE], with the tokens in
// HG_TOKEN_PRODUCER, HG_TOKEN_PATIENT, HG_TOKEN_PROFESSIONAL and HG_TOKEN_OPERATOR, and the professional's IdNat_PS in
// HG_PROFESSIONAL. The patient is the one of the first .xml file in DIR.
import grpc from '@grpc/grpc-js';
import { Caller, metadataOf } from './contract.mjs';
import { Documents } from './documents.mjs';
import { readArguments, runCases } from './harness.mjs';
import { callCases } from './cases/calls.mjs';
import { documentCases } from './cases/documents.mjs';
import { recordCases } from './cases/records.mjs';
import { uploadCases } from './cases/uploads.mjs';

const { server, files, only } = readArguments();
const documents = new Documents(files);
console.log(`# grpc-js, HG_RUN=${documents.run}`);

const producer = new Caller(server, process.env.HG_TOKEN_PRODUCER);
producer.upload = (done) => producer.clients.DocumentExchange.Upload(
  metadataOf(producer.token), { deadline: Date.now() + 60_000 }, done,
);
const patient = new Caller(server, process.env.HG_TOKEN_PATIENT);
const professional = new Caller(server, process.env.HG_TOKEN_PROFESSIONAL);
const operator = new Caller(server, process.env.HG_TOKEN_OPERATOR);
const anonymous = new Caller(server, undefined);

// Patient-side calls need an activated record; activating it again is a success.
try {
  await patient.unary('Consents.OpenRecord', { patient: documents.patient, terms_version: '2024-01' });
} catch (error) {
  if (error.code !== grpc.status.UNIMPLEMENTED) console.log(`# OpenRecord: ${grpc.status[error.code]} ${error.details}`);
}

const scene = {
  server, documents, producer, patient, professional, operator, anonymous, professionalId: process.env.HG_PROFESSIONAL,
};
const exitCode = await runCases({ ...documentCases(scene), ...uploadCases(scene), ...recordCases(scene), ...callCases(scene) }, only);
for (const caller of [producer, patient, professional, operator, anonymous]) caller.close();
process.exit(exitCode);
