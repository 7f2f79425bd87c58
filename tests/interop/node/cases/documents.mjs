// What producers do, and how its refusals look on the wire.
import grpc from '@grpc/grpc-js';
import { StreamReader, detailsOf } from '../contract.mjs';
import { expect, expectEqual } from '../harness.mjs';
import { sha256 } from '../documents.mjs';

const { status } = grpc;

// The error of a call that must be refused, with the status and the code that it must have.
export async function refused(call, wantedStatus, wantedReason) {
  let error;
  try {
    await call;
  } catch (caught) {
    error = caught;
  }
  expect(error, `wanted ${status[wantedStatus]}, got OK`);
  expect(error.code === wantedStatus, `wanted ${status[wantedStatus]}, got ${status[error.code]}: ${error.details}`);
  if (!wantedReason) return undefined;
  const details = detailsOf(error);
  expect(details, 'grpc-status-details-bin is missing');
  expectEqual(details.code, wantedStatus, 'google.rpc.Status.code');
  expectEqual(details.ErrorInfo?.reason, wantedReason, 'ErrorInfo.reason');
  expectEqual(details.ErrorInfo?.domain, 'healthgrains', 'ErrorInfo.domain');
  return details;
}

export function fieldsOf(details) {
  return (details.BadRequest?.field_violations ?? []).map((violation) => violation.field);
}

export const documentCases = ({ producer, anonymous, documents }) => ({
  'unauthenticated-call': async () => {
    const request = documents.request(documents.next());
    await refused(anonymous.unary('DocumentExchange.Submit', request), status.UNAUTHENTICATED, 'NOT_AUTHENTICATED');
  },

  'submit-unary': async () => {
    const document = documents.next();
    const { receipt } = await producer.unary('DocumentExchange.Submit', documents.request(document));
    expect(receipt.document_id, 'document_id is empty');
    expectEqual(receipt.unique_id, document.uniqueId, 'unique_id');
    expectEqual(receipt.size, document.content.length, 'size');
    expect(document.sha256.equals(receipt.sha256), 'sha256 differs');
    expectEqual(receipt.already_known, false, 'already_known');
    expect(receipt.position > 0, 'position is not positive');
  },

  'submit-repeated': async () => {
    const document = documents.next();
    const { receipt: first } = await producer.unary('DocumentExchange.Submit', documents.request(document));
    const { receipt: second } = await producer.unary('DocumentExchange.Submit', documents.request(document));
    expectEqual(second.already_known, true, 'already_known');
    expectEqual(second.document_id, first.document_id, 'document_id');
    expectEqual(second.position, first.position, 'position');
  },

  'submit-validate-only': async () => {
    const document = documents.next();
    const { receipt } = await producer.unary('DocumentExchange.Submit', documents.request(document, { validate_only: true }));
    expectEqual(receipt.document_id, '', 'document_id');
    const { receipt: stored } = await producer.unary('DocumentExchange.Submit', documents.request(document));
    expectEqual(stored.already_known, false, 'already_known after validation');
  },

  'refusal-bad-request': async () => {
    const { ins, oid } = documents.patient;
    const wrongKey = ins.slice(0, 13) + (ins.endsWith('97') ? '96' : String(Number(ins.slice(13)) + 1).padStart(2, '0'));
    const request = documents.request(documents.next(), { patient: { ins: wrongKey, oid } });
    const details = await refused(producer.unary('DocumentExchange.Submit', request), status.INVALID_ARGUMENT, 'INS_MALFORMED');
    expect(fieldsOf(details).some((f) => f.startsWith('patient')), `no field of patient in ${fieldsOf(details)}`);
    expect(!JSON.stringify(details).includes(wrongKey.slice(0, 13)), 'the identifier is in the details');
  },

  'refusal-missing-statement': async () => {
    const request = documents.request(documents.next(), { metadata: {} });
    const details = await refused(producer.unary('DocumentExchange.Submit', request), status.INVALID_ARGUMENT, 'METADATA_INVALID');
    expect(fieldsOf(details).includes('metadata.confidentiality'), `fields are ${fieldsOf(details)}`);
  },

  'refusal-precondition': async () => {
    const request = documents.request(documents.next(), { feeding_opposition: 'IO' });
    await refused(producer.unary('DocumentExchange.Submit', request), status.FAILED_PRECONDITION, 'FEEDING_OPPOSED');
  },

  'refusal-hash': async () => {
    const document = documents.next();
    const request = documents.request(document, { sha256: sha256(Buffer.from('other bytes')) });
    await refused(producer.unary('DocumentExchange.Submit', request), status.INVALID_ARGUMENT, 'HASH_MISMATCH');
  },

  'refusal-unique-id-reused': async () => {
    const document = documents.next();
    await producer.unary('DocumentExchange.Submit', documents.request(document));
    const content = Buffer.concat([document.content, Buffer.from('\n')]);
    const request = documents.request({ ...document, content, sha256: sha256(content) });
    await refused(producer.unary('DocumentExchange.Submit', request), status.ALREADY_EXISTS, 'UNIQUEID_REUSED');
  },

  'refusal-over-inline-limit': async () => {
    const document = documents.next();
    const content = Buffer.concat([document.content, Buffer.alloc(4 * 1024 * 1024 + 1 - document.content.length, 0x20)]);
    const request = documents.request({ ...document, content, sha256: sha256(content) });
    await refused(producer.unary('DocumentExchange.Submit', request), status.INVALID_ARGUMENT, 'DOCUMENT_TOO_LARGE');
  },

  'message-over-limit': async () => {
    const document = documents.next();
    const content = Buffer.alloc(5 * 1024 * 1024, 0x20);
    const request = documents.request({ ...document, content, sha256: sha256(content) });
    await refused(producer.unary('DocumentExchange.Submit', request), status.RESOURCE_EXHAUSTED);
    await producer.unary('DocumentExchange.Submit', documents.request(document));
  },

  // 300 requests written without waiting for a result: more than the server takes under way at once. One of them is bad
  // and must come back as a refusal without ending the stream.
  'submit-many-pipelined': async () => {
    const stream = producer.bidi('DocumentExchange.SubmitMany');
    const reader = new StreamReader(stream);
    const sent = new Map();
    for (let i = 0; i < 300; i += 1) {
      const document = documents.next();
      sent.set(document.uniqueId, document);
      stream.write(documents.request(document, i === 150 ? { feeding_opposition: 'IO' } : {}));
    }
    stream.end();
    let refusals = 0;
    for (const result of await reader.take(300)) {
      const document = sent.get(result.correlation_id);
      expect(document, `unknown or doubled correlation_id ${result.correlation_id}`);
      sent.delete(result.correlation_id);
      if (result.outcome === 'refusal') {
        refusals += 1;
        expectEqual(result.refusal.code, 'FEEDING_OPPOSED', 'refusal.code');
      } else {
        expect(document.sha256.equals(result.receipt.sha256), 'sha256 differs');
      }
    }
    expectEqual(refusals, 1, 'refusals');
    const error = await reader.end();
    expect(!error, `the stream ended with ${error?.message}`);
  },
});
