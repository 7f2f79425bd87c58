// The contract as grpc-js sees it, and a client of each service for one caller.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';

const here = fileURLToPath(new URL('.', import.meta.url));
const publicProtos = join(here, '../../../protos');
const testProtos = join(here, '../protos');

const definition = protoLoader.loadSync(
  [
    ...['document_exchange', 'patient_records', 'consents', 'inbox', 'operations'].map((n) => `healthgrains/v1/${n}.proto`),
    'google/rpc/status.proto',
    'grpc/health/v1/health.proto',
    'grpc/reflection/v1/reflection.proto',
    'grpc/reflection/v1alpha/reflection.proto',
  ],
  { includeDirs: [publicProtos, testProtos], keepCase: true, longs: Number, enums: String, defaults: true, oneofs: true },
);

export const { healthgrains, grpc: wellKnown } = grpc.loadPackageDefinition(definition);
export const services = ['DocumentExchange', 'PatientRecords', 'Consents', 'Inbox', 'Operations'];
export const message = (name) => definition[name];

// Each unary call gets a deadline of its own; streams are given one by the case.
export const UNARY_MS = 15_000;

export function metadataOf(token, entries = {}) {
  const metadata = new grpc.Metadata();
  if (token) metadata.set('authorization', `Bearer ${token}`);
  for (const [key, value] of Object.entries(entries)) metadata.set(key, value);
  return metadata;
}

export class Caller {
  constructor(server, token, { credentials = grpc.credentials.createInsecure(), ...options } = {}) {
    this.token = token;
    this.clients = {};
    for (const name of services) {
      this.clients[name] = new healthgrains.v1[name](server, credentials, options);
    }
  }

  // "PatientRecords.GetRecord" → the answer, or the ServiceError.
  unary(method, request, { metadata, deadlineMs = UNARY_MS } = {}) {
    const [service, name] = method.split('.');
    return new Promise((resolve, reject) => {
      this.clients[service][name](
        request,
        metadata ?? metadataOf(this.token),
        { deadline: Date.now() + deadlineMs },
        (error, answer) => (error ? reject(error) : resolve(answer)),
      );
    });
  }

  serverStream(method, request, { deadlineMs = 60_000 } = {}) {
    const [service, name] = method.split('.');
    return this.clients[service][name](request, metadataOf(this.token), { deadline: Date.now() + deadlineMs });
  }

  bidi(method, { deadlineMs = 60_000 } = {}) {
    const [service, name] = method.split('.');
    return this.clients[service][name](metadataOf(this.token), { deadline: Date.now() + deadlineMs });
  }

  close() {
    for (const client of Object.values(this.clients)) client.close();
  }
}

// Reads a stream item by item; `end()` gives the ServiceError that ended it, or undefined for OK.
export class StreamReader {
  constructor(stream, skip = () => false) {
    this.stream = stream;
    this.items = [];
    this.waiting = [];
    this.ended = new Promise((resolve) => {
      stream.on('error', (error) => this.finish(resolve, error));
      stream.on('end', () => this.finish(resolve, undefined));
    });
    stream.on('data', (item) => {
      if (skip(item)) return;
      const waiter = this.waiting.shift();
      if (waiter) waiter.resolve(item);
      else this.items.push(item);
    });
  }

  finish(resolve, error) {
    if (this.done) return;
    this.done = true;
    this.error = error;
    for (const waiter of this.waiting.splice(0)) waiter.reject(error ?? new Error('the stream ended'));
    resolve(error);
  }

  next() {
    if (this.items.length > 0) return Promise.resolve(this.items.shift());
    if (this.done) return Promise.reject(this.error ?? new Error('the stream ended'));
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  async take(count) {
    const taken = [];
    while (taken.length < count) taken.push(await this.next());
    return taken;
  }

  end() {
    return this.ended;
  }

  async cancel() {
    this.stream.cancel();
    return this.ended;
  }
}

// What a refusal says in `grpc-status-details-bin`.
export function detailsOf(error) {
  const raw = error.metadata?.get('grpc-status-details-bin')?.[0];
  if (!raw) return undefined;
  const status = message('google.rpc.Status').deserialize(raw);
  const found = { code: status.code, message: status.message };
  for (const any of status.details) {
    const name = any.type_url.slice(any.type_url.lastIndexOf('/') + 1);
    if (message(name)) found[name.slice('google.rpc.'.length)] = message(name).deserialize(any.value);
  }
  return found;
}
