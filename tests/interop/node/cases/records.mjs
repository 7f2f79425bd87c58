// What the patient and a professional see, live and later, and what a revocation ends.
import grpc from '@grpc/grpc-js';
import { StreamReader } from '../contract.mjs';
import { expect, expectEqual } from '../harness.mjs';
import { sha256 } from '../documents.mjs';
import { refused } from './documents.mjs';

const { status } = grpc;
const isHeartbeat = (item) => item.code === 'HEARTBEAT';

export const recordCases = ({ producer, patient, professional, professionalId, documents }) => {
  const person = documents.patient;

  async function submit() {
    const document = documents.next();
    const { receipt } = await producer.unary('DocumentExchange.Submit', documents.request(document));
    return { ...document, documentId: receipt.document_id };
  }

  async function lastSequence() {
    return (await patient.unary('PatientRecords.GetRecord', { patient: person })).sequence;
  }

  async function lastInboxSequence() {
    for (let after = 0; ;) {
      const page = await professional.unary('Inbox.ReadInbox', { after_sequence: after, page_size: 200 });
      after = page.next_sequence;
      if (!page.has_more) return after;
    }
  }

  function watch(after) {
    return new StreamReader(patient.serverStream('PatientRecords.Watch', { patient: person, after_sequence: after }), isHeartbeat);
  }

  const authorize = () =>
    patient.unary('Consents.AuthorizeProfessional', { patient: person, holder: { professional_id: professionalId }, basis: 'PATIENT' });

  const revoke = () =>
    patient.unary('Consents.RevokeAuthorization', { patient: person, holder: { professional_id: professionalId } });

  async function read(caller, documentId) {
    const reader = new StreamReader(caller.serverStream('PatientRecords.ReadContent', { patient: person, document_id: documentId }));
    const { part, entry } = await reader.next();
    expectEqual(part, 'entry', 'the first message');
    const chunks = [];
    let offset = 0;
    for (;;) {
      let chunk;
      try {
        chunk = await reader.next();
      } catch (error) {
        if (reader.error) throw error;
        return { entry, bytes: Buffer.concat(chunks) };
      }
      expectEqual(chunk.offset, offset, 'offset');
      offset += chunk.data.length;
      chunks.push(chunk.data);
    }
  }

  // The next change about a document; changes about other things (an access, a consent) are passed over.
  async function changeOf(reader, documentId) {
    for (;;) {
      const change = await reader.next();
      if (change.document_id === documentId || change.document?.document_id === documentId) return change;
    }
  }

  return {
    'get-record': async () => {
      const record = await patient.unary('PatientRecords.GetRecord', { patient: person });
      expect(record.state.startsWith('OPEN'), `state is ${record.state}`);
      expectEqual(record.caller_status, 'OWNER', 'caller_status');
    },

    'watch-live': async () => {
      const reader = watch(await lastSequence());
      const document = await submit();
      const change = await changeOf(reader, document.documentId);
      expectEqual(change.code, 'AJOUT_DOCUMENT', 'code');
      expectEqual(change.document?.unique_id, document.uniqueId, 'document.unique_id');
      await reader.cancel();
    },

    'watch-resumed-by-cursor': async () => {
      const start = await lastSequence();
      const reader = watch(start);
      const first = await submit();
      const second = await submit();
      const seen = await changeOf(reader, first.documentId);
      await reader.cancel();
      const third = await submit();
      const resumed = watch(seen.sequence);
      const wanted = [second.documentId, third.documentId];
      for (let sequence = seen.sequence + 1; wanted.length > 0; sequence += 1) {
        const change = await resumed.next();
        expectEqual(change.sequence, sequence, 'sequence');
        if (change.document?.document_id === wanted[0]) wanted.shift();
      }
      await resumed.cancel();
    },

    'changes-since-equals-watch': async () => {
      const start = await lastSequence();
      const document = await submit();
      const page = await patient.unary('PatientRecords.ChangesSince', { patient: person, after_sequence: start });
      const found = page.changes.find((change) => change.document?.document_id === document.documentId);
      expect(found, 'the change is not there');
      expectEqual(page.next_sequence, page.changes.at(-1).sequence, 'next_sequence');
      const reader = watch(start);
      expectEqual((await changeOf(reader, document.documentId)).sequence, found.sequence, 'sequence');
      await reader.cancel();
    },

    'list-documents-by-pages': async () => {
      const newest = new Set();
      for (let i = 0; i < 3; i += 1) newest.add((await submit()).documentId);
      const seen = new Set();
      let pageToken = '';
      let pages = 0;
      do {
        const page = await patient.unary('PatientRecords.ListDocuments', {
          patient: person, relevance: 'ALL', page_size: pages === 0 ? 2 : 200, page_token: pageToken,
        });
        if (pages === 0) expectEqual(page.documents.length, 2, 'documents of the first page');
        for (const { document_id: id } of page.documents) {
          expect(!seen.has(id), 'a document is on two pages');
          seen.add(id);
        }
        pageToken = page.next_page_token;
        pages += 1;
      } while (pageToken !== '' && pages < 50);
      for (const id of newest) expect(seen.has(id), 'a submitted document is not listed');
    },

    'read-content': async () => {
      const document = await submit();
      const { entry, bytes } = await read(patient, document.documentId);
      expectEqual(entry.unique_id, document.uniqueId, 'unique_id');
      expect(document.sha256.equals(sha256(bytes)), 'the bytes differ');
      expect(document.sha256.equals(entry.sha256), 'entry.sha256 differs');
    },

    'authorize-follow-inbox': async () => {
      const { authorization } = await authorize();
      expectEqual(authorization.decision, 'PERMIT', 'decision');
      await professional.unary('Inbox.Follow', { patient: person });
      const after = await lastInboxSequence();
      const reader = new StreamReader(professional.serverStream('Inbox.WatchInbox', { after_sequence: after }), isHeartbeat);
      const document = await submit();
      let item = await reader.next();
      for (let sequence = after + 1; ; sequence += 1) {
        expectEqual(item.sequence, sequence, 'sequence');
        if (item.document_id === document.documentId) break;
        item = await reader.next();
      }
      expectEqual(item.code, 'AJOUT_DOCUMENT', 'code');
      expectEqual(item.patient.ins, person.ins, 'patient');
      const { bytes } = await read(professional, document.documentId);
      expect(document.sha256.equals(sha256(bytes)), 'the bytes differ');
      const { acknowledged_sequence: done } = await professional.unary('Inbox.Acknowledge', { up_to_sequence: item.sequence });
      expectEqual(done, item.sequence, 'acknowledged_sequence');
      await reader.cancel();
    },

    // The second promise: after the acknowledgement nothing is readable, and the open stream says why it ended.
    'revocation-ends-reading': async () => {
      await authorize();
      const document = await submit();
      await read(professional, document.documentId);
      const stream = professional.serverStream('PatientRecords.Watch', { patient: person, after_sequence: 0 });
      const reader = new StreamReader(stream);
      await reader.next();
      await revoke();
      await refused(read(professional, document.documentId), status.PERMISSION_DENIED, 'CONSENT_REQUIRED');
      await refused(professional.unary('PatientRecords.ListDocuments', { patient: person }), status.PERMISSION_DENIED, 'CONSENT_REQUIRED');
      const error = await reader.end();
      expectEqual(error?.code, status.PERMISSION_DENIED, 'the status of the open stream');
      await authorize();
    },

    'not-found-with-details': async () => {
      const request = { patient: person, unique_id: '2.25.1' };
      await refused(patient.unary('PatientRecords.GetDocument', request), status.NOT_FOUND, 'DOCUMENT_NOT_FOUND');
    },
  };
};
