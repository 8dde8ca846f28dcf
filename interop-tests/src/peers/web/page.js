// Runs in the browser: the web clients of others against a server of ours, which knows its contract only from the
// descriptors that were put into this file. Each case says "pass" or what went wrong.
import { create, createFileRegistry, fromBinary, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { Code, ConnectError, createClient } from '@connectrpc/connect';
import { createConnectTransport, createGrpcWebTransport } from '@connectrpc/connect-web';
import grpcWeb from 'grpc-web';

const bytes = Uint8Array.from(atob(DESCRIPTORS), (c) => c.charCodeAt(0));
const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
const Depot = registry.getService('depot.v1.Depot');
const ErrorInfo = registry.getMessage('google.rpc.ErrorInfo');

function equal(actual, expected, what) {
  const a = JSON.stringify(actual, (k, v) => (typeof v === 'bigint' ? Number(v) : v));
  const e = JSON.stringify(expected);
  if (a !== e) throw new Error(`${what}: ${a}, expected ${e}`);
}

async function failure(call) {
  try {
    await call();
  } catch (e) {
    return e;
  }
  throw new Error('the call did not fail');
}

function connectCases(name, transport) {
  const client = createClient(Depot, transport);
  return {
    [`${name} unary`]: async () => {
      const reply = await client.store({ text: 'grüße', replyBytes: 3 });
      equal([reply.text, [...reply.payload]], ['grüße', [0, 1, 2]], 'reply');
    },
    [`${name} headers`]: async () => {
      let header, trailer;
      await client.store({}, {
        headers: { 'depot-text': 'one' },
        onHeader: (h) => (header = h.get('depot-text')),
        onTrailer: (t) => (trailer = t.get('depot-text')),
      });
      equal([header, trailer], ['one', 'one'], 'header and trailer');
    },
    [`${name} server stream`]: async () => {
      const numbers = [];
      for await (const item of client.list({ count: 3 })) numbers.push(item.number);
      equal(numbers, [0, 1, 2], 'items');
    },
    [`${name} error with details`]: async () => {
      const e = await failure(() =>
        client.store({ failure: { code: 9, message: 'kein Platz', reason: 'SHELF_EMPTY', field: 'sku' } }));
      equal([e.code, e.rawMessage], [Code.FailedPrecondition, 'kein Platz'], 'error');
      equal(e.findDetails(ErrorInfo)[0].reason, 'SHELF_EMPTY', 'detail');
    },
    [`${name} error after messages`]: async () => {
      const numbers = [];
      const e = await failure(async () => {
        for await (const item of client.list({ count: 2, failure: { code: 15, message: 'torn' } })) {
          numbers.push(item.number);
        }
      });
      equal([e.code, numbers], [Code.DataLoss, [0, 1]], 'error and items');
    },
    [`${name} deadline`]: async () => {
      const e = await failure(() => client.stall({ id: `${name} late` }, { timeoutMs: 200 }));
      equal(e.code, Code.DeadlineExceeded, 'code');
      await client.released({ id: `${name} late` });
    },
    [`${name} cancellation`]: async () => {
      const leave = new AbortController();
      const e = await failure(async () => {
        for await (const item of client.hold({ id: `${name} held` }, { signal: leave.signal })) {
          equal(item.number, 0, 'the first item');
          leave.abort();
        }
      });
      equal(ConnectError.from(e).code, Code.Canceled, 'code');
      await client.released({ id: `${name} held` });
    },
  };
}

/** The client of the gRPC project, whose generated code would say what stands here. */
function grpcWebCases(name, format) {
  const client = new grpcWeb.GrpcWebClientBase({ format });
  const descriptor = (method, type) => {
    const m = Depot.methods.find((each) => each.name === method);
    return new grpcWeb.MethodDescriptor(
      `/depot.v1.Depot/${method}`, type, Object, Object,
      (request) => toBinary(m.input, create(m.input, request)),
      (data) => fromBinary(m.output, data));
  };
  const unary = (method, request) =>
    client.unaryCall(
      `${SERVER}/depot.v1.Depot/${method}`, request, {}, descriptor(method, grpcWeb.MethodType.UNARY));
  const stream = (method, request) =>
    client.serverStreaming(
      `${SERVER}/depot.v1.Depot/${method}`, request, {}, descriptor(method, grpcWeb.MethodType.SERVER_STREAMING));
  const cases = {
    [`${name} unary`]: async () => equal((await unary('Store', { text: 'grüße' })).text, 'grüße', 'reply'),
    [`${name} error`]: async () => {
      const e = await failure(() => unary('Store', { failure: { code: 9, message: 'kein Platz', reason: 'R' } }));
      equal([e.code, e.message], [9, 'kein Platz'], 'error');
    },
  };
  // It reads streams in text only.
  if (format === 'text') {
    cases[`${name} server stream`] = async () => {
      const numbers = [];
      await new Promise((resolve, reject) => {
        stream('List', { count: 3 })
          .on('data', (item) => numbers.push(item.number))
          .on('error', reject)
          .on('end', resolve);
      });
      equal(numbers, [0, 1, 2], 'items');
    };
    cases[`${name} cancellation`] = async () => {
      const held = stream('Hold', { id: `${name} held` });
      await new Promise((resolve, reject) => held.on('data', resolve).on('error', reject));
      held.cancel();
      await unary('Released', { id: `${name} held` });
    };
  }
  return cases;
}

const cases = {
  ...connectCases('connect-web JSON', createConnectTransport({ baseUrl: SERVER })),
  ...connectCases('connect-web binary', createConnectTransport({ baseUrl: SERVER, useBinaryFormat: true })),
  ...connectCases('connect-web GET', createConnectTransport({ baseUrl: SERVER, useHttpGet: true })),
  ...connectCases('connect-web gRPC-Web', createGrpcWebTransport({ baseUrl: SERVER })),
  ...grpcWebCases('grpc-web text', 'text'),
  ...grpcWebCases('grpc-web binary', 'binary'),
};

window.runAll = async () => {
  const results = [];
  for (const [name, run] of Object.entries(cases)) {
    try {
      await Promise.race([
        run(),
        new Promise((_, reject) => setTimeout(() => reject(new Error('no end within 20 s')), 20_000)),
      ]);
      results.push([name, 'pass']);
    } catch (e) {
      results.push([name, String(e.stack ?? e)]);
    }
  }
  return results;
};

// From a page that may not call: the browser must not let it see anything.
window.runRefused = async () => {
  const e = await failure(() => createClient(Depot, createConnectTransport({ baseUrl: SERVER })).store({}));
  const simple = await failure(() => fetch(`${SERVER}/depot.v1.Depot/Store`, { method: 'POST', body: '{}' }));
  return [e.code === Code.Unavailable || e.code === Code.Unknown ? 'pass' : String(e), String(simple)];
};
