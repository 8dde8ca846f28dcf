"""The contract depot.v1 in Python, on the stock library: a client that runs the cases of the matrix.

Prints "RESULT <case> pass" or "RESULT <case> fail <why>" for each case.
"""

import argparse
import queue
import time

import grpc
from depot.v1 import depot_pb2, depot_pb2_grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

CEILING = 60
# What the contract says of Stall, less what clocks may differ.
STALL_LIMIT = 2.95
# A sender may round a timeout up in its header.
MOST_MS = (CEILING + 2) * 1000
LARGE = 8 << 20
LARGEST = 32 << 20
MESSAGE = "7 % of \t the shelf: größer als 世界"
CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def expect(what, got, wanted):
    assert got == wanted, f"{what} is {got!r}, not {wanted!r}"


def dial(target, **options):
    limits = [("grpc.max_receive_message_length", LARGEST)]
    return grpc.insecure_channel(target, options=limits + [(f"grpc.{key}", value) for key, value in options.items()])


def new_id(what):
    return f"python-{what}-{time.time_ns()}"


def fails(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call did not fail")


@case
def unary(stub, args):
    reply = stub.Store(depot_pb2.StoreRequest(text="Grüße, 世界"), timeout=CEILING)
    expect("text", reply.text, "Grüße, 世界")


@case
def server_streaming(stub, args):
    items = [item.number for item in stub.List(depot_pb2.ListRequest(count=1000), timeout=CEILING)]
    expect("the items", items, list(range(1000)))


@case
def client_streaming(stub, args):
    summary = stub.Deliver((depot_pb2.Item(number=n) for n in range(1000)), timeout=CEILING)
    expect("summary", (summary.count, summary.total), (1000, 499500))


@case
def bidi_streaming(stub, args):
    requests = queue.SimpleQueue()
    answers = stub.Exchange(iter(requests.get, None), timeout=CEILING)
    for number in range(100):
        requests.put(depot_pb2.Item(number=number))
        expect("answer", next(answers).number, 2 * number)
    requests.put(None)
    expect("what is left", list(answers), [])


@case
def empty_streams(stub, args):
    expect("the list", list(stub.List(depot_pb2.ListRequest(), timeout=CEILING)), [])
    expect("the count", stub.Deliver(iter(()), timeout=CEILING).count, 0)
    expect("the answers", list(stub.Exchange(iter(()), timeout=CEILING)), [])


TEXTS = ["first one", "second, with a comma", "~!@#$%^&*()"]
BINS = [bytes(range(256)), b"\x00", b"\xff\xfe\xfd"]


def echoed(stub):
    metadata = [("depot-text", text) for text in TEXTS] + [("depot-trace-bin", value) for value in BINS]
    _, call = stub.Store.with_call(depot_pb2.StoreRequest(), timeout=CEILING, metadata=metadata)
    return call


def flat(values):
    """Several text values may come as one, joined by commas."""
    return ",".join(values).replace(", ", ",")


def has_texts(what, got):
    expect(what, flat(v for k, v in got if k == "depot-text"), flat(TEXTS))


def has_bins(what, got):
    expect(what, [v for k, v in got if k == "depot-trace-bin"], BINS)


@case
def text_metadata(stub, args):
    has_texts("headers", echoed(stub).initial_metadata())


@case
def binary_metadata(stub, args):
    has_bins("headers", echoed(stub).initial_metadata())


@case
def trailers(stub, args):
    got = echoed(stub).trailing_metadata()
    has_texts("trailers", got)
    has_bins("trailers", got)


def wanted(code):
    return depot_pb2.Failure(code=code.value[0], message=MESSAGE, reason="SHELF_EMPTY", field="sku")


def describes(error, code):
    expect("status", (error.code(), error.details()), (code, MESSAGE))
    status = rpc_status.from_call(error)
    expect("the number of details", len(status.details), 2)
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info) and status.details[1].Unpack(request), status
    expect("info", (info.reason, info.domain, dict(info.metadata)), ("SHELF_EMPTY", "depot.example", {"shelf": "7"}))
    violation = request.field_violations[0]
    expect("violation", (violation.field, violation.description), ("sku", "is wrong"))


@case
def error_details(stub, args):
    code = grpc.StatusCode.FAILED_PRECONDITION
    describes(fails(lambda: stub.Store(depot_pb2.StoreRequest(failure=wanted(code)), timeout=CEILING)), code)


@case
def stream_error(stub, args):
    code = grpc.StatusCode.ABORTED
    items = stub.List(depot_pb2.ListRequest(count=3, failure=wanted(code)), timeout=CEILING)
    expect("items before the failure", [next(items).number for _ in range(3)], [0, 1, 2])
    describes(fails(lambda: next(items)), code)


@case
def deadline_seen(stub, args):
    expect("time left without a deadline", stub.Store(depot_pb2.StoreRequest()).remaining_ms, -1)
    left = stub.Store(depot_pb2.StoreRequest(), timeout=CEILING).remaining_ms
    assert 0 < left <= MOST_MS, f"the server had {left} ms left, of {CEILING} s"


@case
def deadline_expires(stub, args):
    id = new_id("deadline")
    items = stub.Hold(depot_pb2.HoldRequest(id=id), timeout=2)
    expect("the code", fails(lambda: list(items)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    stub.Released(depot_pb2.HoldRequest(id=id), timeout=CEILING)


@case
def cancellation(stub, args):
    id = new_id("cancel")
    items = stub.Hold(depot_pb2.HoldRequest(id=id), timeout=CEILING)
    next(items)
    items.cancel()
    expect("the code", fails(lambda: next(items)).code(), grpc.StatusCode.CANCELLED)
    stub.Released(depot_pb2.HoldRequest(id=id), timeout=CEILING)


def transfer(method, size, **options):
    payload = (bytes(range(251)) * (size // 251 + 1))[:size]
    reply = method(depot_pb2.StoreRequest(payload=payload, reply_bytes=size), timeout=CEILING, **options)
    assert reply.payload == payload, f"the reply has {len(reply.payload)} bytes, or other ones"
    expect("the sum of the bytes", reply.payload_sum, sum(payload))


@case
def compression(stub, args):
    with dial(args.packed) as channel:
        transfer(depot_pb2_grpc.DepotStub(channel).Pack, 1 << 20, compression=grpc.Compression.Gzip)


@case
def large_messages(stub, args):
    transfer(stub.Store, LARGE)


@case
def deadline_three_hops(stub, args):
    """This program, the target, and the last one."""
    legs = stub.Forward(depot_pb2.ForwardRequest(targets=[args.next]), timeout=CEILING).legs
    expect("the number of legs", len(legs), 2)
    first, second = legs[0].remaining_ms, legs[1].remaining_ms
    assert 0 < second <= first <= MOST_MS, f"the time left was {first} ms, then {second} ms, of {CEILING} s"
    id = new_id("hops")
    held = depot_pb2.ForwardRequest(targets=[args.next], hold_id=id)
    expect("the code", fails(lambda: stub.Forward(held, timeout=3)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    with dial(args.next) as last:
        depot_pb2_grpc.DepotStub(last).Released(depot_pb2.HoldRequest(id=id), timeout=CEILING)


@case
def config_retry(stub, args):
    with dial(args.target, service_config=args.config) as channel:
        request = depot_pb2.RefillRequest(id=new_id("refill"), failures=2)
        reply = depot_pb2_grpc.DepotStub(channel).Refill(request)
    expect("the answer", (reply.asked, reply.previous_attempts), (3, "2"))


def stalled(stub, args):
    """How long a call took that has no limit but the contract's."""
    id = new_id("stall")
    with dial(args.target, service_config=args.config) as channel:
        start = time.monotonic()
        error = fails(lambda: depot_pb2_grpc.DepotStub(channel).Stall(depot_pb2.HoldRequest(id=id)))
        took = time.monotonic() - start
    expect("the code", error.code(), grpc.StatusCode.DEADLINE_EXCEEDED)
    stub.Released(depot_pb2.HoldRequest(id=id), timeout=CEILING)
    return took


@case
def config_deadline(stub, args):
    stalled(stub, args)


@case
def config_deadline_not_early(stub, args):
    took = stalled(stub, args)
    assert took >= STALL_LIMIT, f"the deadline of {STALL_LIMIT} s came after {took:.3f} s"


def main():
    parser = argparse.ArgumentParser()
    for name in ("target", "packed", "next", "config", "cases"):
        parser.add_argument("--" + name, default="")
    args = parser.parse_args()
    if args.config:
        with open(args.config, encoding="utf-8") as file:
            args.config = file.read()
    only = args.cases.split(",") if args.cases else CASES
    with dial(args.target) as channel:
        stub = depot_pb2_grpc.DepotStub(channel)
        for name in only:
            try:
                CASES[name](stub, args)
                print("RESULT", name, "pass", flush=True)
            except Exception as error:  # whatever it is, it is the result of this case
                why = f"{type(error).__name__}: {error}".replace("\n", " | ")
                print("RESULT", name, "fail", why, flush=True)


main()
