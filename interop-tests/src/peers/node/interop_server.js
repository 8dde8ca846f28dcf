// grpc.testing.TestService on grpc-js. Arguments: certificate and key for TLS, or none. Says on which port it listens.
const fs = require("fs");
const crypto = require("crypto");
const { grpc, testing, payload, INITIAL, TRAILING, LARGEST } = require("./interop_common.js");

const id = crypto.randomUUID();

function echoInitial(call) {
  const values = call.metadata.get(INITIAL);
  if (values.length > 0) {
    const headers = new grpc.Metadata();
    headers.set(INITIAL, values[0]);
    call.sendMetadata(headers);
  }
}

function echoTrailing(call) {
  const trailers = new grpc.Metadata();
  for (const value of call.metadata.get(TRAILING)) {
    trailers.add(TRAILING, value);
  }
  return trailers;
}

function askedFor(request) {
  const status = request.response_status;
  return status && status.code ? { code: status.code, details: status.message } : null;
}

// The name and the scope that a token here is made of.
function caller(call) {
  const [value = ""] = call.metadata.get("authorization");
  return value.startsWith("Bearer ") ? value.slice("Bearer ".length).split("~") : null;
}

function emptyCall(call, answer) {
  answer(null, {});
}

function unaryCall(call, answer) {
  echoInitial(call);
  const status = askedFor(call.request);
  if (status) {
    answer({ ...status, metadata: echoTrailing(call) });
    return;
  }
  const response = { payload: payload(call.request.response_size || 0) };
  if (call.request.fill_server_id) {
    response.server_id = id;
  }
  if (call.request.fill_username) {
    const known = caller(call);
    if (!known) {
      answer({ code: grpc.status.UNAUTHENTICATED, details: "no token" });
      return;
    }
    [response.username, response.oauth_scope] = known;
  }
  answer(null, response, echoTrailing(call));
}

async function write(call, request) {
  for (const wanted of request.response_parameters || []) {
    if (wanted.interval_us) {
      await new Promise((resolve) => setTimeout(resolve, wanted.interval_us / 1000));
    }
    call.write({ payload: payload(wanted.size || 0) });
  }
}

async function streamingOutputCall(call) {
  await write(call, call.request);
  call.end();
}

function streamingInputCall(call, answer) {
  let size = 0;
  call.on("data", (request) => (size += request.payload.body.length));
  call.on("end", () => answer(null, { aggregated_payload_size: size }));
}

function fullDuplexCall(call) {
  echoInitial(call);
  let written = Promise.resolve();
  call.on("data", (request) => {
    const status = askedFor(request);
    written = written.then(() => (status ? call.emit("error", status) : write(call, request)));
  });
  call.on("end", () => written.then(() => call.end(echoTrailing(call))));
}

function halfDuplexCall(call) {
  const requests = [];
  call.on("data", (request) => requests.push(request));
  call.on("end", async () => {
    for (const request of requests) {
      await write(call, request);
    }
    call.end();
  });
}

const server = new grpc.Server({ "grpc.max_receive_message_length": LARGEST });
server.addService(testing.TestService.service, {
  emptyCall,
  unaryCall,
  streamingOutputCall,
  streamingInputCall,
  fullDuplexCall,
  halfDuplexCall,
});
const [certificate, key] = process.argv.slice(2);
const credentials = certificate
  ? grpc.ServerCredentials.createSsl(null, [
      { cert_chain: fs.readFileSync(certificate), private_key: fs.readFileSync(key) },
    ])
  : grpc.ServerCredentials.createInsecure();
server.bindAsync("127.0.0.1:0", credentials, (failure, port) => {
  if (failure) {
    throw failure;
  }
  console.log(`listening on ${port}`);
});
