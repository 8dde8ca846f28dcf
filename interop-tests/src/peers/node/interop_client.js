// gRPC's interop cases on grpc-js, with the arguments that gRPC's own interop clients take.
const assert = require("assert");
const fs = require("fs");
const { parseArgs } = require("util");
const { grpc, testing, payload, INITIAL, TRAILING } = require("./interop_common.js");

const REQUESTS = [27182, 8, 1828, 45904];
const RESPONSES = [31415, 9, 2653, 58979];
const SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \ud83d\ude08\t\n";
const LARGE = { response_size: 314159, payload: payload(271828) };

const names = ["server_host", "server_port", "test_case", "use_tls", "server_host_override", "ca_file"];
const others = ["service_config_json", "oauth_token", "oauth_scope", "default_service_account"];
const { values: given } = parseArgs({
  strict: false,
  options: Object.fromEntries([...names, ...others].map((name) => [name, { type: "string" }])),
});

function connect(Service = testing.TestService, more = {}, token = null) {
  const options = { ...more };
  if (given.service_config_json) {
    options["grpc.service_config"] = given.service_config_json;
  }
  let credentials = grpc.credentials.createInsecure();
  if (given.use_tls === "true") {
    credentials = grpc.credentials.createSsl(fs.readFileSync(given.ca_file));
    if (token) {
      credentials = grpc.credentials.combineChannelCredentials(credentials, token);
    }
    options["grpc.ssl_target_name_override"] = given.server_host_override;
    options["grpc.default_authority"] = given.server_host_override;
  }
  return new Service(`${given.server_host}:${given.server_port}`, credentials, options);
}

const patience = () => ({ deadline: Date.now() + 60000 });

function unary(client, method, request, metadata = new grpc.Metadata(), how = {}) {
  return new Promise((resolve, reject) => {
    const seen = {};
    const call = client[method](request, metadata, { ...patience(), ...how }, (failure, response) => {
      seen.response = response;
      seen.failure = failure;
    });
    call.on("metadata", (headers) => (seen.headers = headers));
    call.on("status", (status) => {
      seen.trailers = status.metadata;
      setImmediate(() => (seen.failure ? reject(seen.failure) : resolve(seen)));
    });
  });
}

// The answers of a call, one after the other; rejects with the status of a call that fails.
function reader(call) {
  const answers = [];
  const waiting = [];
  const flush = () => {
    while (waiting.length > 0 && answers.length > 0) {
      const next = answers[0];
      if (next.answer !== undefined) {
        answers.shift();
      }
      const { resolve, reject } = waiting.shift();
      next.failure ? reject(next.failure) : resolve(next.answer === undefined ? null : next.answer);
    }
  };
  const add = (next) => {
    answers.push(next);
    flush();
  };
  call.on("data", (answer) => add({ answer }));
  call.on("error", (failure) => add({ failure }));
  call.on("end", () => add({ end: true }));
  return () =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      flush();
    });
}

async function all(next) {
  const answers = [];
  for (let answer = await next(); answer !== null; answer = await next()) {
    answers.push(answer);
  }
  return answers;
}

async function fails(promise, code, message) {
  const failure = await promise.then(
    () => assert.fail("the call did not fail"),
    (error) => error,
  );
  assert.strictEqual(failure.code, code, String(failure));
  if (message !== undefined) {
    assert.strictEqual(failure.details, message);
  }
}

function output(size, ...answers) {
  return { payload: payload(size), response_parameters: answers.map((answer) => ({ size: answer })) };
}

async function large(client) {
  const { response } = await unary(client, "unaryCall", LARGE);
  assert.strictEqual(response.payload.body.length, 314159);
}

const client = connect();

const refused = () => fails(unary(client, "unaryCall", LARGE), grpc.status.UNAUTHENTICATED);

const token = grpc.credentials.createFromMetadataGenerator((_, done) => {
  const metadata = new grpc.Metadata();
  metadata.set("authorization", `Bearer ${given.oauth_token}`);
  done(null, metadata);
});

async function known(someone, how) {
  const request = { ...LARGE, fill_username: true, fill_oauth_scope: true };
  const { response } = await unary(someone, "unaryCall", request, new grpc.Metadata(), how);
  assert.strictEqual(response.username, given.default_service_account);
  assert.strictEqual(response.oauth_scope, given.oauth_scope);
}

const cases = {
  async empty_unary() {
    await unary(client, "emptyCall", {});
  },
  large_unary: () => large(client),
  async client_compressed_unary() {
    const announced = (value) => ({ ...LARGE, expect_compressed: { value } });
    const algorithm = grpc.compressionAlgorithms.gzip;
    const compressing = connect(testing.TestService, { "grpc.default_compression_algorithm": algorithm });
    await fails(unary(client, "unaryCall", announced(true)), grpc.status.INVALID_ARGUMENT);
    await unary(compressing, "unaryCall", announced(true));
    await unary(client, "unaryCall", announced(false));
  },
  async server_compressed_unary() {
    for (const value of [true, false]) {
      const { response } = await unary(client, "unaryCall", { ...LARGE, response_compressed: { value } });
      assert.strictEqual(response.payload.body.length, 314159);
    }
  },
  async client_streaming() {
    const size = await new Promise((resolve, reject) => {
      const call = client.streamingInputCall(new grpc.Metadata(), patience(), (failure, response) =>
        failure ? reject(failure) : resolve(response.aggregated_payload_size),
      );
      REQUESTS.forEach((each) => call.write({ payload: payload(each) }));
      call.end();
    });
    assert.strictEqual(size, 74922);
  },
  async server_streaming() {
    const answers = await all(reader(client.streamingOutputCall(output(0, ...RESPONSES), patience())));
    assert.deepStrictEqual(answers.map((each) => each.payload.body.length), RESPONSES);
  },
  async server_compressed_streaming() {
    const wanted = [
      { size: 31415, compressed: { value: true } },
      { size: 92653, compressed: { value: false } },
    ];
    const answers = await all(reader(client.streamingOutputCall({ response_parameters: wanted }, patience())));
    assert.deepStrictEqual(answers.map((each) => each.payload.body.length), [31415, 92653]);
  },
  async ping_pong() {
    const call = client.fullDuplexCall(patience());
    const next = reader(call);
    for (let i = 0; i < REQUESTS.length; i++) {
      call.write(output(REQUESTS[i], RESPONSES[i]));
      assert.strictEqual((await next()).payload.body.length, RESPONSES[i]);
    }
    call.end();
    assert.strictEqual(await next(), null);
  },
  async empty_stream() {
    const call = client.fullDuplexCall(patience());
    call.end();
    assert.strictEqual(await reader(call)(), null);
  },
  async custom_metadata() {
    const metadata = new grpc.Metadata();
    metadata.set(INITIAL, "test_initial_metadata_value");
    metadata.set(TRAILING, Buffer.from("0a0b0a0b0a0b", "hex"));
    const echoed = (headers, trailers) => {
      assert.deepStrictEqual(headers.get(INITIAL), ["test_initial_metadata_value"]);
      assert.deepStrictEqual(trailers.get(TRAILING), [Buffer.from("0a0b0a0b0a0b", "hex")]);
    };
    const one = await unary(client, "unaryCall", { response_size: 1, payload: payload(1) }, metadata);
    echoed(one.headers, one.trailers);
    const call = client.fullDuplexCall(metadata, patience());
    const headers = new Promise((resolve) => call.on("metadata", resolve));
    const status = new Promise((resolve) => call.on("status", resolve));
    const next = reader(call);
    call.write(output(1, 1));
    call.end();
    assert.strictEqual((await all(next)).length, 1);
    echoed(await headers, (await status).metadata);
  },
  async status_code_and_message() {
    const status = { code: 2, message: "test status message" };
    await fails(unary(client, "unaryCall", { response_status: status }), 2, status.message);
    const call = client.fullDuplexCall(patience());
    const next = reader(call);
    call.write({ response_status: status });
    call.end();
    await fails(next(), 2, status.message);
  },
  async special_status_message() {
    const status = { code: 2, message: SPECIAL };
    await fails(unary(client, "unaryCall", { response_status: status }), 2, SPECIAL);
  },
  unimplemented_method: () => fails(unary(client, "unimplementedCall", {}), grpc.status.UNIMPLEMENTED),
  unimplemented_service: () =>
    fails(unary(connect(testing.UnimplementedService), "unimplementedCall", {}), grpc.status.UNIMPLEMENTED),
  async cancel_after_begin() {
    const ended = new Promise((resolve, reject) => {
      const call = client.streamingInputCall(new grpc.Metadata(), patience(), (failure, response) =>
        failure ? reject(failure) : resolve(response),
      );
      call.cancel();
    });
    await fails(ended, grpc.status.CANCELLED);
  },
  async cancel_after_first_response() {
    const call = client.fullDuplexCall(patience());
    const next = reader(call);
    call.write(output(27182, 31415));
    assert.strictEqual((await next()).payload.body.length, 31415);
    call.cancel();
    await fails(next(), grpc.status.CANCELLED);
  },
  async timeout_on_sleeping_server() {
    const call = client.fullDuplexCall({ deadline: Date.now() + 1 });
    const next = reader(call);
    call.write(output(27182));
    await fails(next(), grpc.status.DEADLINE_EXCEEDED);
  },
  async oauth2_auth_token() {
    await refused();
    await known(connect(testing.TestService, {}, token));
  },
  async per_rpc_creds() {
    await refused();
    await known(client, { credentials: token });
    await refused();
  },
  async very_large_request() {
    const { response } = await unary(client, "unaryCall", { response_size: 10, payload: payload(10 << 20) });
    assert.strictEqual(response.payload.body.length, 10);
  },
  async pick_first_unary() {
    const ids = new Set();
    for (let i = 0; i < 100; i++) {
      ids.add((await unary(client, "unaryCall", { fill_server_id: true })).response.server_id);
    }
    assert.strictEqual(ids.size, 1);
    assert.ok(!ids.has(""));
  },
  async rpc_soak() {
    for (let i = 0; i < 10; i++) {
      await large(client);
    }
  },
  async channel_soak() {
    for (let i = 0; i < 10; i++) {
      const fresh = connect();
      await large(fresh);
      fresh.close();
    }
  },
};

cases[given.test_case]().then(
  () => process.exit(0),
  (failure) => {
    console.log(failure);
    process.exit(1);
  },
);
