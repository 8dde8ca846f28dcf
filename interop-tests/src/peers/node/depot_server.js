// The contract depot.v1 in Node, on the stock library: the server. Ends when its input does.
const { grpc, loaded, depot, LARGEST, pattern, sum } = require("./depot_common.js");

const HEADERS = ["depot-text", "depot-trace-bin"];
const name = process.argv[2] || "node";
const asked = new Map();
const ends = new Map();

// The end of a call may be asked for before it has begun.
function end(id) {
  if (!ends.has(id)) {
    let resolve;
    const promise = new Promise((done) => (resolve = done));
    ends.set(id, { promise, resolve });
  }
  return ends.get(id);
}

function back(call) {
  const metadata = new grpc.Metadata();
  for (const key of HEADERS) {
    call.metadata.get(key).forEach((value) => metadata.add(key, value));
  }
  return metadata;
}

function detail(type, value) {
  return { type_url: "type.googleapis.com/" + type, value: loaded[type].serialize(value) };
}

function failure(wanted) {
  const status = loaded["google.rpc.Status"].serialize({
    code: wanted.code,
    message: wanted.message,
    details: [
      detail("google.rpc.ErrorInfo", { reason: wanted.reason, domain: "depot.example", metadata: { shelf: "7" } }),
      detail("google.rpc.BadRequest", { field_violations: [{ field: wanted.field, description: "is wrong" }] }),
    ],
  });
  const metadata = new grpc.Metadata();
  metadata.set("grpc-status-details-bin", status);
  return { code: wanted.code, details: wanted.message, metadata };
}

function remaining(call) {
  const deadline = call.getDeadline();
  return deadline === Infinity ? -1 : deadline - Date.now();
}

function store(call, callback) {
  const request = call.request;
  const headers = back(call);
  call.sendMetadata(headers);
  if (request.failure) {
    callback(failure(request.failure));
    return;
  }
  callback(
    null,
    {
      server: name,
      text: request.text,
      payload: pattern(request.reply_bytes),
      payload_sum: sum(request.payload),
      remaining_ms: remaining(call),
    },
    headers,
  );
}

function untilEnded(call, id) {
  call.on("cancelled", () => end(id).resolve());
}

const handlers = {
  Store: store,
  Pack: store,
  List(call) {
    for (let number = 0; number < call.request.count; number++) {
      call.write({ number });
    }
    if (call.request.failure) {
      call.emit("error", failure(call.request.failure));
    } else {
      call.end();
    }
  },
  Deliver(call, callback) {
    const summary = { count: 0, total: 0 };
    call.on("data", (item) => {
      summary.count++;
      summary.total += item.number;
    });
    call.on("end", () => callback(null, summary));
  },
  Exchange(call) {
    call.on("data", (item) => call.write({ number: 2 * item.number }));
    call.on("end", () => call.end());
  },
  Hold(call) {
    untilEnded(call, call.request.id);
    call.write({ number: 0 });
  },
  Stall(call) {
    untilEnded(call, call.request.id);
  },
  Released(call, callback) {
    end(call.request.id).promise.then(() => callback(null, {}));
  },
  Forward(call, callback) {
    if (call.request.targets.length > 0) {
      callback({ code: grpc.status.UNIMPLEMENTED, details: "this server is the last one of a chain" });
    } else if (call.request.hold_id) {
      untilEnded(call, call.request.hold_id);
    } else {
      callback(null, { legs: [{ server: name, remaining_ms: remaining(call) }] });
    }
  },
  Refill(call, callback) {
    const { id, failures } = call.request;
    asked.set(id, (asked.get(id) || 0) + 1);
    if (asked.get(id) <= failures) {
      callback({ code: grpc.status.UNAVAILABLE, details: `asked ${asked.get(id)} times` });
    } else {
      const previous = call.metadata.get("grpc-previous-rpc-attempts").join(",");
      callback(null, { asked: asked.get(id), previous_attempts: previous });
    }
  },
};

const server = new grpc.Server({
  "grpc.max_receive_message_length": LARGEST,
  "grpc.max_send_message_length": LARGEST,
});
server.addService(depot.service, handlers);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    throw error;
  }
  console.log("listening on", port);
});
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
