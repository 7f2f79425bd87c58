// The RPC layer itself: deadlines, cancellation, compression, limits, reflection, health, unknown methods.
import grpc from '@grpc/grpc-js';
import { Caller, StreamReader, healthgrains, message, metadataOf, services, wellKnown } from '../contract.mjs';
import { expect, expectEqual, within } from '../harness.mjs';
import { rawUnary, statusOf } from '../raw-http2.mjs';
import { refused } from './documents.mjs';

const { status } = grpc;
// Answers that a method may give to an empty request of a caller who may not use it.
const ANSWERS = new Set([
  status.OK, status.INVALID_ARGUMENT, status.NOT_FOUND, status.PERMISSION_DENIED, status.FAILED_PRECONDITION, status.UNIMPLEMENTED,
]);

export const callCases = ({ server, producer, patient, operator, documents }) => {
  const person = documents.patient;
  const health = () => new wellKnown.health.v1.Health(server, grpc.credentials.createInsecure());

  async function reflection(version) {
    const client = new wellKnown.reflection[version].ServerReflection(server, grpc.credentials.createInsecure());
    try {
      const stream = client.ServerReflectionInfo(metadataOf(), { deadline: Date.now() + 15_000 });
      const reader = new StreamReader(stream);
      stream.write({ list_services: '*' });
      const { list_services_response: list } = await reader.next();
      const names = list.service.map((s) => s.name);
      for (const service of services) expect(names.includes(`healthgrains.v1.${service}`), `${service} is not listed`);
      stream.write({ file_containing_symbol: 'healthgrains.v1.SubmitRequest' });
      const { file_descriptor_response: files } = await reader.next();
      expect(files.file_descriptor_proto.some((f) => f.includes('SubmitRequest')), 'no descriptor of SubmitRequest');
      stream.write({ file_containing_symbol: 'healthgrains.v1.Nothing' });
      const { error_response: missing } = await reader.next();
      expectEqual(missing?.error_code, status.NOT_FOUND, 'error_code of an unknown symbol');
      // A server that keeps the stream open after the half-close makes tools hang.
      stream.end();
      const error = await within(reader.end(), 5_000, 'the end of the reflection stream');
      expect(!error, `the stream ended with ${error?.message}`);
    } finally {
      client.close();
    }
  }

  return {
    'health-check': async () => {
      const client = health();
      const check = (service) => new Promise((resolve, reject) => {
        client.Check({ service }, metadataOf(), { deadline: Date.now() + 15_000 }, (e, a) => (e ? reject(e) : resolve(a)));
      });
      try {
        expectEqual((await check('')).status, 'SERVING', 'the server');
        expectEqual((await check('healthgrains.v1.DocumentExchange')).status, 'SERVING', 'DocumentExchange');
        await refused(check('no.such.Service'), status.NOT_FOUND);
      } finally {
        client.close();
      }
    },

    'health-watch': async () => {
      const client = health();
      const reader = new StreamReader(client.Watch({ service: '' }, metadataOf(), { deadline: Date.now() + 15_000 }));
      expectEqual((await reader.next()).status, 'SERVING', 'the first message');
      await reader.cancel();
      const unknown = new StreamReader(client.Watch({ service: 'no.such.Service' }, metadataOf(), { deadline: Date.now() + 15_000 }));
      expectEqual((await unknown.next()).status, 'SERVICE_UNKNOWN', 'an unknown service');
      await unknown.cancel();
      client.close();
    },

    'reflection-v1': () => reflection('v1'),
    'reflection-v1alpha': () => reflection('v1alpha'),

    'deadline-of-a-stream': async () => {
      const { sequence } = await patient.unary('PatientRecords.GetRecord', { patient: person });
      const request = { patient: person, after_sequence: sequence };
      const began = performance.now();
      const reader = new StreamReader(patient.serverStream('PatientRecords.Watch', request, { deadlineMs: 1_000 }));
      const error = await within(reader.end(), 5_000, 'the end of the stream');
      expectEqual(error?.code, status.DEADLINE_EXCEEDED, 'status');
      expect(performance.now() - began > 900, 'it ended before its deadline');
    },

    // By hand, because a library ends the call by itself before the server's answer is seen.
    'deadline-answered-by-the-server': async () => {
      const { sequence } = await patient.unary('PatientRecords.GetRecord', { patient: person });
      const body = message('healthgrains.v1.WatchRequest').serialize({ patient: person, after_sequence: sequence });
      const answer = await rawUnary({
        server, path: '/healthgrains.v1.PatientRecords/Watch', token: patient.token, body, headers: { 'grpc-timeout': '500m' },
      });
      expectEqual(statusOf(answer), status.DEADLINE_EXCEEDED, 'grpc-status');
    },

    'cancellation': async () => {
      const { sequence } = await patient.unary('PatientRecords.GetRecord', { patient: person });
      const reader = new StreamReader(patient.serverStream('PatientRecords.Watch', { patient: person, after_sequence: sequence }));
      const error = await within(reader.cancel(), 5_000, 'the end of the stream');
      expectEqual(error?.code, status.CANCELLED, 'status');
      await patient.unary('PatientRecords.GetRecord', { patient: person });
    },

    // More streams than one identity may have open, one after the other: a cancelled stream must give its place back.
    'cancelled-streams-give-back': async () => {
      const { sequence } = await patient.unary('PatientRecords.GetRecord', { patient: person });
      for (let i = 0; i < 40; i += 1) {
        const reader = new StreamReader(patient.serverStream('PatientRecords.Watch', { patient: person, after_sequence: sequence - 1 }));
        await reader.next();
        await reader.cancel();
      }
    },

    'parallel-calls': async () => {
      const calls = Array.from({ length: 150 }, () => patient.unary('PatientRecords.GetRecord', { patient: person }));
      expectEqual((await Promise.all(calls)).length, 150, 'answers');
    },

    'gzip-request': async () => {
      const compressing = new Caller(server, producer.token, { 'grpc.default_compression_algorithm': grpc.compressionAlgorithms.gzip });
      try {
        const document = documents.next();
        const { receipt } = await compressing.unary('DocumentExchange.Submit', documents.request(document));
        expect(document.sha256.equals(receipt.sha256), 'sha256 differs');
      } finally {
        compressing.close();
      }
    },

    'gzip-both-ways-on-the-wire': async () => {
      const type = healthgrains.v1.PatientRecords.service.ListDocuments;
      const body = type.requestSerialize({ patient: person, relevance: 'ALL', page_size: 200 });
      const answer = await rawUnary({ server, path: type.path, token: patient.token, body, gzip: true });
      expectEqual(statusOf(answer), status.OK, 'grpc-status');
      expectEqual(answer.headers['grpc-encoding'], 'gzip', 'grpc-encoding');
      expectEqual(answer.messages.length, 1, 'messages');
      expect(answer.messages[0].compressed, 'the message is not compressed');
      expect(type.responseDeserialize(answer.messages[0].bytes).documents.length > 0, 'no document');
    },

    'unknown-encoding': async () => {
      const type = healthgrains.v1.PatientRecords.service.GetRecord;
      const answer = await rawUnary({
        server, path: type.path, token: patient.token, body: type.requestSerialize({ patient: person }), headers: { 'grpc-encoding': 'zippy' },
      });
      expectEqual(statusOf(answer), status.UNIMPLEMENTED, 'grpc-status');
      expect(String(answer.headers['grpc-accept-encoding'] ?? '').includes('gzip'), 'grpc-accept-encoding does not name gzip');
    },

    'metadata-limit': async () => {
      const call = (size) => patient.unary('PatientRecords.GetRecord', { patient: person }, {
        metadata: metadataOf(patient.token, { 'x-padding': 'p'.repeat(size) }),
      });
      await call(5 * 1024);
      await refused(call(10 * 1024), status.RESOURCE_EXHAUSTED);
      await call(1);
    },

    'unknown-method': async () => {
      for (const path of ['/healthgrains.v1.PatientRecords/NoSuchMethod', '/healthgrains.v1.NoSuchService/Method']) {
        const answer = await rawUnary({ server, path, token: patient.token, body: Buffer.alloc(0) });
        expectEqual(answer.headers[':status'], 200, ':status');
        expectEqual(statusOf(answer), status.UNIMPLEMENTED, `grpc-status of ${path}`);
      }
    },

    // Every method of the contract answers an empty request with a status of its own: served or UNIMPLEMENTED, never a fault.
    'every-method-answers': async () => {
      const bad = [];
      let unimplemented = 0;
      for (const service of services) {
        for (const type of Object.values(healthgrains.v1[service].service)) {
          const answer = await rawUnary({
            server, path: type.path, token: producer.token, body: Buffer.alloc(0), headers: { 'grpc-timeout': '5S' },
          });
          const code = statusOf(answer);
          if (code === status.UNIMPLEMENTED) unimplemented += 1;
          if (!ANSWERS.has(code)) bad.push(`${type.path} ${status[code] ?? code}`);
        }
      }
      expect(bad.length === 0, bad.join(', '));
      console.log(`# ${unimplemented} methods answer UNIMPLEMENTED`);
    },

    'operator-status': async () => {
      const answer = await operator.unary('Operations.GetStatus', {});
      expect(answer.shards.length > 0, 'no shard');
      expect(answer.shards.some((s) => s.position > 0), 'no position');
      await refused(producer.unary('Operations.GetStatus', {}), status.PERMISSION_DENIED, 'CALLER_KIND_FORBIDDEN');
    },
  };
};
