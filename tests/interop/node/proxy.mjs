// What a proxy may break, tried through one: usage as client.mjs, and in the environment
//   HG_CA           PEM file of the proxy's certificate
//   HG_METRICS      the server's /metrics
//   HG_IDLE_S       how long a Watch says nothing but heartbeats; longer than the proxy's timeouts
//   HG_RELOAD       command that makes the proxy load its configuration again
//   HG_CLOSE, HG_OPEN  commands that switch its read-only mode on and off (optional)
import { execSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import grpc from '@grpc/grpc-js';
import { Caller, StreamReader, detailsOf, wellKnown } from './contract.mjs';
import { Documents, sha256 } from './documents.mjs';
import { Skip, expect, expectEqual, readArguments, runCases, within } from './harness.mjs';

const { server, files, only } = readArguments();
const { HG_CA, HG_METRICS, HG_IDLE_S, HG_RELOAD, HG_CLOSE, HG_OPEN } = process.env;
const idleSeconds = Number(HG_IDLE_S);
const { status } = grpc;

// Pools are local: each caller has a connection of its own, as programs on different machines do.
const credentials = grpc.credentials.createSsl(readFileSync(HG_CA));
const options = { credentials, 'grpc.use_local_subchannel_pool': 1 };
const callers = [];
const caller = (token) => {
  const one = new Caller(server, token, options);
  callers.push(one);
  return one;
};

const documents = new Documents(files);
const person = documents.patient;
const producer = caller(process.env.HG_TOKEN_PRODUCER);
const patient = caller(process.env.HG_TOKEN_PATIENT);

const isHeartbeat = (item) => item.code === 'HEARTBEAT';
const sequence = async () => (await patient.unary('PatientRecords.GetRecord', { patient: person })).sequence;
const submit = async (by = producer) => (await by.unary('DocumentExchange.Submit', documents.request(documents.next()))).receipt;
const watch = (after, skip = isHeartbeat, by = patient) => new StreamReader(
  by.serverStream('PatientRecords.Watch', { patient: person, after_sequence: after }, { deadlineMs: 600_000 }), skip,
);
const sh = (command) => execSync(command, { stdio: ['ignore', 'pipe', 'pipe'] });

async function metric(name) {
  const text = await (await fetch(HG_METRICS)).text();
  return text.split('\n').filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

// Asks until it is so; each case has its limit.
async function until(what, condition) {
  for (const end = Date.now() + 10_000; ; await pause(50)) {
    if (await condition()) return;
    expect(Date.now() < end, `${what} within 10 s`);
  }
}

async function refusedWith(promise, code) {
  try {
    await promise;
  } catch (error) {
    expectEqual(status[error.code], status[code], `status (${error.details})`);
    return error;
  }
  throw new Error(`it was not refused; wanted ${status[code]}`);
}

const bulk = () => {
  const stream = producer.bidi('DocumentExchange.SubmitMany', { deadlineMs: 120_000 });
  return { stream, results: new StreamReader(stream, isHeartbeat) };
};

const cases = {
  unary: async () => {
    const record = await patient.unary('PatientRecords.GetRecord', { patient: person });
    expectEqual(record.caller_status, 'OWNER', 'caller_status');
  },

  'refusal-with-details': async () => {
    const error = await refusedWith(producer.unary('Inbox.ReadInbox', {}), status.PERMISSION_DENIED);
    expectEqual(detailsOf(error)?.ErrorInfo?.reason, 'CALLER_KIND_FORBIDDEN', 'reason in the trailers');
  },

  'refusal-of-a-stream': async () => {
    const stream = patient.serverStream('PatientRecords.ReadContent', { patient: person, document_id: '01a20032-0000-7000-8000-000000000000' });
    const error = await new StreamReader(stream).end();
    expectEqual(error?.code, status.NOT_FOUND, 'status');
    expectEqual(detailsOf(error)?.ErrorInfo?.domain, 'healthgrains', 'domain in the trailers');
  },

  'bidi-one-by-one': async () => {
    // Each request goes out only after the answer to the one before: nobody may collect either direction.
    const { stream, results } = bulk();
    for (let i = 0; i < 10; i += 1) {
      const request = documents.request(documents.next());
      stream.write(request);
      const result = await within(results.next(), 5_000, `result ${i}`);
      expectEqual(result.correlation_id, request.correlation_id, 'correlation_id');
      expectEqual(result.outcome, 'receipt', 'outcome');
    }
    stream.end();
    expectEqual(await results.end(), undefined, 'end of the stream');
  },

  'bidi-12-mebibytes': async () => {
    const { stream, results } = bulk();
    const padding = Buffer.from(`<!--${'.'.repeat(600 * 1024)}-->`);
    for (let i = 0; i < 20; i += 1) {
      const { uniqueId, content } = documents.next();
      const end = content.lastIndexOf('</');
      const padded = Buffer.concat([content.subarray(0, end), padding, content.subarray(end)]);
      const request = documents.request({ uniqueId, content: padded, sha256: sha256(padded) });
      if (!stream.write(request)) await new Promise((resolve) => stream.once('drain', resolve));
    }
    stream.end();
    const outcomes = (await results.take(20)).map((result) => result.outcome);
    expect(outcomes.every((outcome) => outcome === 'receipt'), `outcomes ${outcomes}`);
    expectEqual(await results.end(), undefined, 'end of the stream');
  },

  'idle-watch-kept-by-heartbeats': async () => {
    const after = await sequence();
    let heartbeats = 0;
    const reader = watch(after, (item) => isHeartbeat(item) && (heartbeats += 1) > 0);
    await pause(idleSeconds * 1000);
    expect(!reader.done, `it ended: ${status[reader.error?.code]} ${reader.error?.details}`);
    expect(heartbeats >= Math.floor(idleSeconds / 15), `${heartbeats} heartbeats in ${idleSeconds} s`);
    const receipt = await submit();
    const change = await within(reader.next(), 5_000, 'the change');
    expectEqual(change.document_id, receipt.document_id, 'document_id');
    await reader.cancel();
    console.log(`# idle ${idleSeconds} s, ${heartbeats} heartbeats`);
  },

  'cancel-reaches-the-server': async () => {
    const before = await metric('healthgrains_grains_watchers');
    const own = caller(process.env.HG_TOKEN_PATIENT);
    const readers = await Promise.all(Array.from({ length: 8 }, async () => watch(await sequence(), isHeartbeat, own)));
    await until('8 watchers', async () => await metric('healthgrains_grains_watchers') >= before + 8);
    await Promise.all(readers.map((reader) => reader.cancel()));
    await until('no watcher left behind', async () => await metric('healthgrains_grains_watchers') <= before);
  },

  'reload-while-watching': async () => {
    const own = caller(process.env.HG_TOKEN_PATIENT);
    let last = await sequence();
    let reader = watch(last, isHeartbeat, own);
    const seen = [];
    let resumed = 0;
    const wanted = [];
    for (let round = 0; round < 3; round += 1) {
      sh(HG_RELOAD);
      // New connections go to the new processes as soon as these listen.
      const fresh = caller(process.env.HG_TOKEN_PRODUCER);
      for (let i = 0; i < 3; i += 1) wanted.push((await submit(fresh)).document_id);
    }
    while (!wanted.every((id) => seen.includes(id))) {
      try {
        const change = await within(reader.next(), 10_000, 'a change');
        expectEqual(change.sequence, last + 1, 'sequence');
        last = change.sequence;
        seen.push(change.document_id);
      } catch (error) {
        if (error.code !== status.UNAVAILABLE) throw error;
        resumed += 1;
        expect(resumed < 5, 'the watch ends again and again');
        reader = watch(last, isHeartbeat, own);
      }
    }
    await reader.cancel();
    console.log(`# 3 reloads, the open watch was resumed ${resumed} times`);
  },

  'many-streams': async () => {
    // Health watchers, because one identity may only have 16 watching streams.
    const before = await metric('healthgrains_rpc_connections');
    const clients = Array.from({ length: 3 }, () => new wellKnown.health.v1.Health(server, credentials, options));
    const streams = clients.flatMap((client) => Array.from({ length: 90 }, () => client.Watch({ service: '' })));
    try {
      await Promise.all(streams.map((stream) => within(new Promise((resolve, reject) => {
        stream.once('data', resolve);
        stream.once('error', reject);
      }), 15_000, 'the first answer of a stream')));
      console.log(`# 270 streams on 3 connections to the proxy: ${await metric('healthgrains_rpc_connections') - before} more to the server`);
    } finally {
      for (const stream of streams) {
        stream.on('error', () => {});
        stream.cancel();
      }
      for (const client of clients) client.close();
    }
  },

  'read-only-mode': async () => {
    if (!HG_CLOSE) throw new Skip('this proxy looks at no paths');
    sh(HG_CLOSE);
    try {
      const fresh = caller(process.env.HG_TOKEN_PRODUCER);
      await until('submissions are refused', async () => {
        const own = caller(process.env.HG_TOKEN_PRODUCER);
        return submit(own).then(() => false, (error) => error.code === status.UNAVAILABLE);
      });
      const error = await refusedWith(submit(fresh), status.UNAVAILABLE);
      expect(error.details.startsWith('No submissions'), `message is ${error.details}`);
      const reader = caller(process.env.HG_TOKEN_PATIENT);
      await reader.unary('PatientRecords.GetRecord', { patient: person });
      await reader.unary('Consents.BlockProfessional', { patient: person, professional_id: process.env.HG_PROFESSIONAL });
    } finally {
      sh(HG_OPEN);
    }
    await until('submissions are taken again', () => submit(caller(process.env.HG_TOKEN_PRODUCER)).then(() => true, () => false));
  },

  'not-from-outside': async () => {
    if (!HG_CLOSE) throw new Skip('this proxy looks at no paths');
    const client = new wellKnown.reflection.v1.ServerReflection(server, credentials, options);
    const error = await new StreamReader(client.ServerReflectionInfo().end()).end();
    client.close();
    expectEqual(error?.code, status.UNIMPLEMENTED, 'status of reflection');
  },
};

await patient.unary('Consents.OpenRecord', { patient: person, terms_version: '2024-01' });
const exitCode = await runCases(cases, only, (idleSeconds + 30) * 1000);
for (const one of callers) one.close();
process.exit(exitCode);
