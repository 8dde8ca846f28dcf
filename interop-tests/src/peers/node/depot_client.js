// The contract depot.v1 in Node, on the stock library: a client that runs the cases of the matrix.
// Prints "RESULT <case> pass" or "RESULT <case> fail <why>" for each case.
const assert = require("node:assert");
const fs = require("node:fs");
const { parseArgs } = require("node:util");
const { grpc, loaded, depot, LARGEST, pattern, sum } = require("./depot_common.js");

const CEILING = 60000;
// What the contract says of Stall, less what clocks may differ.
const STALL_LIMIT = 2950;
// A sender may round a timeout up in its header.
const ROUNDING = 2000;
const MESSAGE = "7 % of \t the shelf: größer als 世界";

function dial(target, options = {}) {
  return new depot(target, grpc.credentials.createInsecure(), {
    "grpc.max_receive_message_length": LARGEST,
    ...options,
  });
}

function within(millis = CEILING) {
  return { deadline: Date.now() + millis };
}

function newId(what) {
  return `node-${what}-${process.hrtime.bigint()}`;
}

// A unary call: its reply, headers and trailers, or its error.
function unary(client, method, request, metadata = new grpc.Metadata(), options = within()) {
  return new Promise((resolve, reject) => {
    const got = {};
    const call = client[method](request, metadata, options, (error, reply) => {
      got.reply = reply;
      got.error = error;
    });
    call.on("metadata", (headers) => (got.headers = headers));
    call.on("status", (status) => {
      got.trailers = status.metadata;
      // The callback and this come in either order.
      setImmediate(() => (got.error ? reject(got.error) : resolve(got)));
    });
  });
}

// All that a stream brings, and how it ends.
function collect(call, onItem = () => {}) {
  return new Promise((resolve) => {
    const items = [];
    call.on("data", (item) => {
      items.push(item.number);
      onItem(items);
    });
    call.on("error", () => {});
    call.on("status", (status) => setImmediate(() => resolve({ items, status })));
  });
}

function deliver(client, count) {
  return new Promise((resolve, reject) => {
    const call = client.Deliver(new grpc.Metadata(), within(), (error, reply) => (error ? reject(error) : resolve(reply)));
    for (let number = 0; number < count; number++) {
      call.write({ number });
    }
    call.end();
  });
}

const TEXTS = ["first one", "second, with a comma", "~!@#$%^&*()"];
const BINS = [Buffer.from([...Array(256).keys()]), Buffer.from([0]), Buffer.from([255, 254, 253])];

function echoed(client) {
  const metadata = new grpc.Metadata();
  TEXTS.forEach((text) => metadata.add("depot-text", text));
  BINS.forEach((bytes) => metadata.add("depot-trace-bin", bytes));
  return unary(client, "Store", {}, metadata);
}

function hasTexts(what, got) {
  // Several text values may come as one, joined by commas.
  const flat = (values) => values.join(",").replaceAll(", ", ",");
  assert.strictEqual(flat(got.get("depot-text")), flat(TEXTS), what);
}

function hasBins(what, got) {
  assert.deepStrictEqual(got.get("depot-trace-bin"), BINS, what);
}

function wanted(code) {
  return { code, message: MESSAGE, reason: "SHELF_EMPTY", field: "sku" };
}

function describes(error, code) {
  assert.deepStrictEqual([error.code, error.details], [code, MESSAGE]);
  const status = loaded["google.rpc.Status"].deserialize(error.metadata.get("grpc-status-details-bin")[0]);
  const details = status.details.map((any) => loaded[any.type_url.split("/")[1]].deserialize(any.value));
  assert.deepStrictEqual(details[0], { reason: "SHELF_EMPTY", domain: "depot.example", metadata: { shelf: "7" } });
  assert.strictEqual(details[1].field_violations[0].field, "sku");
  assert.strictEqual(details[1].field_violations[0].description, "is wrong");
}

async function transfer(client, method, size) {
  const payload = pattern(size);
  const { reply } = await unary(client, method, { payload, reply_bytes: size });
  assert.ok(payload.equals(reply.payload), `the reply has ${reply.payload.length} bytes, or other ones`);
  assert.strictEqual(reply.payload_sum, sum(payload));
}

// The server's timer ends with the caller's, and this library reads its reset as a cancellation.
function expired(status) {
  const code = grpc.status[status.code];
  assert.ok(["DEADLINE_EXCEEDED", "CANCELLED"].includes(code), `the code is ${code}: ${status.details}`);
  return true;
}

async function withClient(target, options, use) {
  const client = dial(target, options);
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

function configured(args) {
  return { "grpc.service_config": fs.readFileSync(args.config, "utf8") };
}

// How long a call took that has no limit but the contract's.
async function stalled(client, args) {
  const id = newId("stall");
  const start = Date.now();
  await assert.rejects(
    withClient(args.target, configured(args), (own) => unary(own, "Stall", { id }, new grpc.Metadata(), {})),
    expired,
  );
  const took = Date.now() - start;
  await unary(client, "Released", { id });
  return took;
}

const cases = {
  async unary(client) {
    const { reply } = await unary(client, "Store", { text: "Grüße, 世界" });
    assert.strictEqual(reply.text, "Grüße, 世界");
  },
  async server_streaming(client) {
    const { items, status } = await collect(client.List({ count: 1000 }, within()));
    assert.deepStrictEqual(items, [...Array(1000).keys()]);
    assert.strictEqual(status.code, grpc.status.OK);
  },
  async client_streaming(client) {
    assert.deepStrictEqual(await deliver(client, 1000), { count: 1000, total: 499500 });
  },
  async bidi_streaming(client) {
    const call = client.Exchange(within());
    const ended = collect(call, (items) => {
      if (items.length < 100) {
        call.write({ number: items.length });
      } else {
        call.end();
      }
    });
    call.write({ number: 0 });
    const { items, status } = await ended;
    assert.deepStrictEqual(items, [...Array(100).keys()].map((n) => 2 * n));
    assert.strictEqual(status.code, grpc.status.OK);
  },
  async empty_streams(client) {
    assert.deepStrictEqual((await collect(client.List({}, within()))).items, []);
    assert.deepStrictEqual(await deliver(client, 0), { count: 0, total: 0 });
    const call = client.Exchange(within());
    call.end();
    const { items, status } = await collect(call);
    assert.deepStrictEqual([items, status.code], [[], grpc.status.OK]);
  },
  async text_metadata(client) {
    hasTexts("headers", (await echoed(client)).headers);
  },
  async binary_metadata(client) {
    hasBins("headers", (await echoed(client)).headers);
  },
  async trailers(client) {
    const { trailers } = await echoed(client);
    hasTexts("trailers", trailers);
    hasBins("trailers", trailers);
  },
  async error_details(client) {
    const failure = wanted(grpc.status.FAILED_PRECONDITION);
    const error = await unary(client, "Store", { failure }).then(assert.fail, (e) => e);
    describes(error, grpc.status.FAILED_PRECONDITION);
  },
  async stream_error(client) {
    const failure = wanted(grpc.status.ABORTED);
    const { items, status } = await collect(client.List({ count: 3, failure }, within()));
    assert.deepStrictEqual(items, [0, 1, 2]);
    describes(status, grpc.status.ABORTED);
  },
  async deadline_seen(client) {
    const none = await unary(client, "Store", {}, new grpc.Metadata(), {});
    assert.strictEqual(none.reply.remaining_ms, -1);
    const left = (await unary(client, "Store", {})).reply.remaining_ms;
    assert.ok(left > 0 && left <= CEILING + ROUNDING, `the server had ${left} ms left, of ${CEILING} ms`);
  },
  async deadline_expires(client) {
    const id = newId("deadline");
    const { status } = await collect(client.Hold({ id }, within(2000)));
    expired(status);
    await unary(client, "Released", { id });
  },
  async cancellation(client) {
    const id = newId("cancel");
    const call = client.Hold({ id }, within());
    const { status } = await collect(call, () => call.cancel());
    assert.strictEqual(status.code, grpc.status.CANCELLED);
    await unary(client, "Released", { id });
  },
  async compression(client, args) {
    const gzip = { "grpc.default_compression_algorithm": grpc.compressionAlgorithms.gzip };
    await withClient(args.packed, gzip, (own) => transfer(own, "Pack", 1 << 20));
  },
  async large_messages(client) {
    await transfer(client, "Store", 8 << 20);
  },
  // This program, the target, and the last one.
  async deadline_three_hops(client, args) {
    const { legs } = (await unary(client, "Forward", { targets: [args.next] })).reply;
    const [first, second] = legs.map((leg) => leg.remaining_ms);
    assert.ok(
      legs.length === 2 && second > 0 && second <= first && first <= CEILING + ROUNDING,
      `the time left was ${first} ms, then ${second} ms, of ${CEILING} ms`,
    );
    const id = newId("hops");
    const held = { targets: [args.next], hold_id: id };
    await assert.rejects(unary(client, "Forward", held, new grpc.Metadata(), within(3000)), expired);
    await withClient(args.next, {}, (last) => unary(last, "Released", { id }));
  },
  async config_retry(client, args) {
    const { reply } = await withClient(args.target, configured(args), (own) =>
      unary(own, "Refill", { id: newId("refill"), failures: 2 }, new grpc.Metadata(), {}),
    );
    assert.deepStrictEqual(reply, { asked: 3, previous_attempts: "2" });
  },
  async config_deadline(client, args) {
    await stalled(client, args);
  },
  async config_deadline_not_early(client, args) {
    const took = await stalled(client, args);
    assert.ok(took >= STALL_LIMIT, `the deadline of ${STALL_LIMIT} ms came after ${took} ms`);
  },
};

async function main() {
  const string = { type: "string" };
  const options = { target: string, packed: string, next: string, config: string, cases: string };
  const args = parseArgs({ options }).values;
  const client = dial(args.target);
  for (const name of args.cases ? args.cases.split(",") : Object.keys(cases)) {
    try {
      await cases[name](client, args);
      console.log("RESULT", name, "pass");
    } catch (error) {
      console.log("RESULT", name, "fail", String(error).replace(/\s+/g, " "));
    }
  }
  client.close();
}

main();
