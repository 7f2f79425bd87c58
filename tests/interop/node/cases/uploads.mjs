// Large contents: sent in chunks, resumed, submitted.
import grpc from '@grpc/grpc-js';
import { sha256 } from '../documents.mjs';
import { expectEqual } from '../harness.mjs';

const { status } = grpc;

export function uploadCases({ producer, documents }) {
  function large(size) {
    const document = documents.next();
    const content = Buffer.alloc(size, 0x20);
    document.content.copy(content);
    return { document, content, hash: sha256(content) };
  }

  function uploaded(write) {
    return new Promise((resolve, reject) => {
      const stream = producer.upload((error, answer) => (error ? reject(error) : resolve(answer)));
      write(stream);
      stream.end();
    });
  }

  function writeChunks(stream, content, from) {
    for (let offset = from; offset < content.length; offset += 1024 * 1024) {
      stream.write({ data: content.subarray(offset, Math.min(content.length, offset + 1024 * 1024)), offset });
    }
  }

  async function submitUploaded(document, hash, answer, size) {
    const { content: _, ...request } = documents.request({ ...document, sha256: hash });
    const { receipt } = await producer.unary('DocumentExchange.Submit', { ...request, upload_id: answer.upload_id });
    expectEqual(Number(receipt.size), size, 'receipt.size');
  }

  async function submitLarge(size) {
    const { document, content, hash } = large(size);
    const answer = await uploaded((stream) => {
      stream.write({ declaration: { patient: documents.patient, size, sha256: hash } });
      writeChunks(stream, content, 0);
    });
    expectEqual(Number(answer.size), size, 'size');
    await submitUploaded(document, hash, answer, size);
  }

  return {
    'upload-then-submit': async () => {
      await submitLarge(6 * 1024 * 1024);
    },

    'upload-100-mib': async () => {
      await submitLarge(100 * 1024 * 1024);
    },

    'upload-resumed': async () => {
      const { document, content, hash } = large(6 * 1024 * 1024);
      const declaration = { patient: documents.patient, size: content.length, sha256: hash };
      const opened = await uploaded((stream) => stream.write({ declaration }));
      expectEqual(Number(opened.received), 0, 'received');
      declaration.upload_id = opened.upload_id;

      // A stream that breaks off: what of it arrived, the next question tells.
      await new Promise((resolve) => {
        const stream = producer.upload(() => resolve());
        stream.write({ declaration });
        stream.write({ data: content.subarray(0, 1024 * 1024), offset: 0 }, () => stream.cancel());
      });
      const half = await uploaded((stream) => stream.write({ declaration }));
      const answer = await uploaded((stream) => {
        stream.write({ declaration });
        writeChunks(stream, content, Number(half.received));
      });
      expectEqual(Number(answer.received), content.length, 'received');
      await submitUploaded(document, hash, answer, content.length);
    },

    'upload-of-other-bytes': async () => {
      const { content } = large(5 * 1024 * 1024);
      let error;
      try {
        await uploaded((stream) => {
          stream.write({ declaration: { patient: documents.patient, size: content.length, sha256: sha256(Buffer.from('other')) } });
          writeChunks(stream, content, 0);
        });
      } catch (refused) {
        error = refused;
      }
      expectEqual(error?.code, status.INVALID_ARGUMENT, 'code');
    },
  };
}
