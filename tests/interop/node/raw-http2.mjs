// One unary gRPC call by hand over HTTP/2, to see what a library hides: encodings, flags, header blocks.
import http2 from 'node:http2';
import { gunzipSync, gzipSync } from 'node:zlib';

export async function rawUnary({ server, path, token, body, gzip = false, headers = {} }) {
  const session = http2.connect(`http://${server}`);
  try {
    const payload = gzip ? gzipSync(body) : body;
    const frame = Buffer.alloc(5 + payload.length);
    frame[0] = gzip ? 1 : 0;
    frame.writeUInt32BE(payload.length, 1);
    payload.copy(frame, 5);
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(gzip ? { 'grpc-encoding': 'gzip' } : {}),
      'grpc-accept-encoding': 'gzip',
      ...headers,
    });
    return await new Promise((resolve, reject) => {
      const answer = { headers: {}, trailers: {}, messages: [] };
      const chunks = [];
      session.on('error', reject);
      stream.on('error', reject);
      stream.on('response', (h) => { answer.headers = h; });
      stream.on('trailers', (t) => { answer.trailers = t; });
      stream.on('data', (chunk) => chunks.push(chunk));
      stream.on('end', () => {
        const all = Buffer.concat(chunks);
        for (let at = 0; at < all.length;) {
          const length = all.readUInt32BE(at + 1);
          const bytes = all.subarray(at + 5, at + 5 + length);
          answer.messages.push({ compressed: all[at] === 1, bytes: all[at] === 1 ? gunzipSync(bytes) : bytes });
          at += 5 + length;
        }
        resolve(answer);
      });
      stream.end(frame);
    });
  } finally {
    session.close();
  }
}

export const statusOf = (answer) => Number(answer.trailers['grpc-status'] ?? answer.headers['grpc-status']);
