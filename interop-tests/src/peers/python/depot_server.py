"""The contract depot.v1 in Python, on the stock library: the server. Ends when its input does."""

import sys
import threading
from concurrent import futures

import grpc
from depot.v1 import depot_pb2, depot_pb2_grpc
from google.protobuf import any_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_reflection.v1alpha import reflection
from grpc_status import rpc_status

LARGEST = 32 << 20
HEADERS = ("depot-text", "depot-trace-bin")


def pattern(size):
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def packed(message):
    detail = any_pb2.Any()
    detail.Pack(message)
    return detail


def fail(context, wanted):
    violation = error_details_pb2.BadRequest.FieldViolation(field=wanted.field, description="is wrong")
    info = error_details_pb2.ErrorInfo(reason=wanted.reason, domain="depot.example", metadata={"shelf": "7"})
    details = [packed(info), packed(error_details_pb2.BadRequest(field_violations=[violation]))]
    status = status_pb2.Status(code=wanted.code, message=wanted.message, details=details)
    context.abort_with_status(rpc_status.to_status(status))


def remaining(context):
    left = context.time_remaining()
    # The library has no word for "no deadline": it says some three hundred years.
    return -1 if left is None or left > 1e9 else int(left * 1000)


class Depot(depot_pb2_grpc.DepotServicer):
    def __init__(self, name):
        self.name = name
        self.lock = threading.Lock()
        self.asked = {}
        self.ended = {}

    def Store(self, request, context):
        back = [(key, value) for key, value in context.invocation_metadata() if key in HEADERS]
        context.send_initial_metadata(back)
        context.set_trailing_metadata(back)
        if request.HasField("failure"):
            fail(context, request.failure)
        return depot_pb2.StoreReply(
            server=self.name,
            text=request.text,
            payload=pattern(request.reply_bytes),
            payload_sum=sum(request.payload),
            remaining_ms=remaining(context),
        )

    def Pack(self, request, context):
        context.set_compression(grpc.Compression.Gzip)
        return self.Store(request, context)

    def List(self, request, context):
        for number in range(request.count):
            yield depot_pb2.Item(number=number)
        if request.HasField("failure"):
            fail(context, request.failure)

    def Deliver(self, requests, context):
        summary = depot_pb2.Summary()
        for item in requests:
            summary.count += 1
            summary.total += item.number
        return summary

    def Exchange(self, requests, context):
        for item in requests:
            yield depot_pb2.Item(number=2 * item.number)

    def Hold(self, request, context):
        # Before the first message: a call that ended meanwhile is not resumed here.
        self.watch(context, request.id)
        yield depot_pb2.Item()
        self.end(request.id).wait()

    def Stall(self, request, context):
        self.watch(context, request.id)
        self.end(request.id).wait()

    def watch(self, context, id):
        ended = self.end(id)
        if not context.add_callback(ended.set):
            ended.set()

    def end(self, id):
        """The end of a call may be asked for before it has begun."""
        with self.lock:
            return self.ended.setdefault(id, threading.Event())

    def Released(self, request, context):
        ended = self.end(request.id)
        if not ended.wait(context.time_remaining()):
            context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, f"{request.id} has not ended")
        return depot_pb2.ReleasedReply()

    def Forward(self, request, context):
        if request.targets:
            context.abort(grpc.StatusCode.UNIMPLEMENTED, "this server is the last one of a chain")
        if request.hold_id:
            self.watch(context, request.hold_id)
            self.end(request.hold_id).wait()
        leg = depot_pb2.Leg(server=self.name, remaining_ms=remaining(context))
        return depot_pb2.ForwardReply(legs=[leg])

    def Refill(self, request, context):
        with self.lock:
            asked = self.asked[request.id] = self.asked.get(request.id, 0) + 1
        if asked <= request.failures:
            context.abort(grpc.StatusCode.UNAVAILABLE, f"asked {asked} times")
        previous = [v for k, v in context.invocation_metadata() if k == "grpc-previous-rpc-attempts"]
        return depot_pb2.RefillReply(asked=asked, previous_attempts=",".join(previous))


def main(name):
    limits = [("grpc.max_receive_message_length", LARGEST), ("grpc.max_send_message_length", LARGEST)]
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32), options=limits)
    depot_pb2_grpc.add_DepotServicer_to_server(Depot(name), server)
    reflection.enable_server_reflection(["depot.v1.Depot", reflection.SERVICE_NAME], server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print("listening on", port, flush=True)
    sys.stdin.read()
    server.stop(grace=None)


main(sys.argv[1] if len(sys.argv) > 1 else "python")
