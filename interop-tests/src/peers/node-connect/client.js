// Calls a server by connect-es on Node: three protocols, two forms of messages, HTTP/1.1 and HTTP/2.
// Usage: node client.js HOST:PORT DESCRIPTOR-SET
// Prints "RESULT <form>/<case> pass" or "RESULT <form>/<case> fail <why>" for each case.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const { createFileRegistry, fromBinary } = require('@bufbuild/protobuf');
const { FileDescriptorSetSchema } = require('@bufbuild/protobuf/wkt');
const { Code, ConnectError, createClient, decodeBinaryHeader, encodeBinaryHeader } = require('@connectrpc/connect');
const {
  compressionGzip, createConnectTransport, createGrpcTransport, createGrpcWebTransport,
} = require('@connectrpc/connect-node');

const CEILING = 20_000;
const [target, descriptors] = process.argv.slice(2);
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(descriptors)));
const Depot = registry.getService('depot.v1.Depot');
const ErrorInfo = registry.getMessage('google.rpc.ErrorInfo');
const FAILURE = { code: 5, message: '7 % of the shelf: größer als 世界', reason: 'GONE', field: 'text' };

const forms = {
  'connect-proto-http1': { create: createConnectTransport, httpVersion: '1.1', useBinaryFormat: true },
  'connect-json-http1': { create: createConnectTransport, httpVersion: '1.1', useBinaryFormat: false },
  'connect-proto-http2': { create: createConnectTransport, httpVersion: '2', useBinaryFormat: true },
  'connect-json-http2': { create: createConnectTransport, httpVersion: '2', useBinaryFormat: false },
  'grpcweb-proto-http1': { create: createGrpcWebTransport, httpVersion: '1.1', useBinaryFormat: true },
  'grpcweb-json-http2': { create: createGrpcWebTransport, httpVersion: '2', useBinaryFormat: false },
  'grpc-proto-http2': { create: createGrpcTransport, httpVersion: '2', useBinaryFormat: true },
  'grpc-json-http2': { create: createGrpcTransport, httpVersion: '2', useBinaryFormat: false },
};

/** Fails unless a call ends with an error of Connect, and returns it. */
async function failure(call) {
  try {
    await call();
  } catch (e) {
    assert.ok(e instanceof ConnectError, `no error of Connect, but ${e}`);
    return e;
  }
  throw new Error('the call did not fail');
}

function checkFailure(e) {
  assert.equal(e.code, Code.NotFound);
  assert.equal(e.rawMessage, FAILURE.message);
  assert.equal(e.details.length, 2);
  const [info] = e.findDetails(ErrorInfo);
  assert.equal(info.reason, 'GONE');
  assert.equal(info.domain, 'depot.example');
  assert.deepEqual({ ...info.metadata }, { shelf: '7' });
}

/** Begins a stream, leaves it after its first item, and returns the error that this is to the caller. */
async function leave(client, id) {
  const controller = new AbortController();
  return failure(async () => {
    for await (const item of client.hold({ id }, { signal: controller.signal })) {
      assert.equal(item.number, 0n);
      controller.abort();
    }
  });
}

const cases = {
  async unary({ client }) {
    const payload = new Uint8Array(3_000).map((_, i) => [1, 2, 250][i % 3]);
    const reply = await client.store({ text: 'Grüße, 世界', payload, replyBytes: 3 });
    assert.equal(reply.text, 'Grüße, 世界');
    assert.deepEqual([...reply.payload], [0, 1, 2]);
    assert.equal(reply.payloadSum, 253_000n);
  },

  async metadata({ client }) {
    const headers = new Headers();
    headers.append('depot-text', 'one');
    headers.append('depot-text', 'two');
    headers.set('depot-trace-bin', encodeBinaryHeader(Uint8Array.of(0, 255, 16)));
    let header, trailer;
    await client.store({}, { headers, onHeader: (h) => (header = h), onTrailer: (t) => (trailer = t) });
    for (const each of [header, trailer]) {
      assert.equal(each.get('depot-text'), 'one, two');
      assert.deepEqual([...decodeBinaryHeader(each.get('depot-trace-bin'))], [0, 255, 16]);
    }
  },

  async compressed({ clientWith }) {
    const text = 'x'.repeat(100_000);
    const client = clientWith({ sendCompression: compressionGzip, acceptCompression: [compressionGzip] });
    assert.equal((await client.pack({ text })).text, text);
  },

  async error_details({ client }) {
    checkFailure(await failure(() => client.store({ failure: FAILURE })));
  },

  /** For a method without side effects, connect-es makes GET requests of Connect's protocol. */
  async get({ clientWith, name }) {
    const client = clientWith({ useHttpGet: true });
    await leave(client, `get-${name}`);
    await client.released({ id: `get-${name}` });
  },

  async server_stream({ client }) {
    let count = 0n;
    for await (const item of client.list({ count: 1_000 })) assert.equal(item.number, count++);
    assert.equal(count, 1_000n);
  },

  async stream_error({ client }) {
    let count = 0;
    checkFailure(await failure(async () => {
      for await (const unused of client.list({ count: 3, failure: FAILURE })) count++;
    }));
    assert.equal(count, 3);
  },

  async client_stream({ client }) {
    async function* items() {
      for (let i = 0n; i < 100n; i++) yield { number: i };
    }
    const summary = await client.deliver(items());
    assert.deepEqual([summary.count, summary.total], [100, 4950n]);
  },

  /** Each item is sent when the one before was answered. */
  async bidi_stream({ client }) {
    let answered;
    let answer = Promise.resolve();
    async function* items() {
      for (let i = 0n; i < 20n; i++) {
        await answer;
        answer = new Promise((resolve) => (answered = resolve));
        yield { number: i };
      }
      await answer;
    }
    let count = 0n;
    for await (const item of client.exchange(items())) {
      assert.equal(item.number, 2n * count++);
      answered();
    }
    assert.equal(count, 20n);
  },

  async deadline({ client, name }) {
    const e = await failure(() => client.stall({ id: `deadline-${name}` }, { timeoutMs: 200 }));
    // Both ends watch the time. With gRPC, a server that is first resets the stream, which this client takes for a
    // cancellation whatever its own deadline is.
    const late = name.startsWith('grpc-') ? [Code.DeadlineExceeded, Code.Canceled] : [Code.DeadlineExceeded];
    assert.ok(late.includes(e.code), `code ${e.code}`);
    // Answered when the handler has heard that its time is over.
    await client.released({ id: `deadline-${name}` });
  },

  async cancellation({ client, name }) {
    const e = await leave(client, `cancel-${name}`);
    assert.equal(e.code, Code.Canceled);
    await client.released({ id: `cancel-${name}` });
  },
};

async function bounded(run) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${CEILING} ms`)), CEILING);
  });
  try {
    await Promise.race([run, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function main() {
  let failed = false;
  for (const [name, { create, ...options }] of Object.entries(forms)) {
    const clientWith = (more) => createClient(Depot, create({ baseUrl: `http://${target}`, ...options, ...more }));
    const form = { name, clientWith, client: clientWith({}) };
    for (const [each, run] of Object.entries(cases)) {
      if (each === 'bidi_stream' && options.httpVersion !== '2') continue;
      try {
        await bounded(run(form));
        console.log(`RESULT ${name}/${each} pass`);
      } catch (e) {
        failed = true;
        console.log(`RESULT ${name}/${each} fail ${String(e.stack ?? e).replaceAll('\n', ' | ')}`);
      }
    }
  }
  // Connections are kept for more calls, and would keep the process.
  process.exit(failed ? 1 : 0);
}

main();
