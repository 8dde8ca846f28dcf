"""gRPC's interop cases on grpcio, with the arguments that gRPC's own interop clients take."""

import argparse
import queue

from interop_contract import empty_pb2, grpc, messages_pb2, test_pb2_grpc

REQUESTS = (27182, 8, 1828, 45904)
RESPONSES = (31415, 9, 2653, 58979)
INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
TRAILING = ("x-grpc-test-echo-trailing-bin", b"\x0a\x0b\x0a\x0b\x0a\x0b")
SPECIAL = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
PATIENCE = 60


class Requests:
    """Requests that are sent as the test goes on."""

    def __init__(self):
        self.waiting = queue.Queue()

    def send(self, request):
        self.waiting.put(request)

    def complete(self):
        self.waiting.put(None)

    def __iter__(self):
        return iter(self.waiting.get, None)


def expect(actual, wanted):
    if actual != wanted:
        raise AssertionError(f"{actual!r}, but {wanted!r} was expected")


def failure(call):
    try:
        call()
    except grpc.RpcError as error:
        return error
    raise AssertionError("the call did not fail")


def payload(size):
    return messages_pb2.Payload(body=bytes(size))


def large(**more):
    return messages_pb2.SimpleRequest(response_size=314159, payload=payload(271828), **more)


def output(size, *answers, **more):
    return messages_pb2.StreamingOutputCallRequest(
        payload=payload(size),
        response_parameters=[messages_pb2.ResponseParameters(size=answer) for answer in answers],
        **more,
    )


def flag(value):
    return messages_pb2.BoolValue(value=value)


class Cases:
    def __init__(self, connect, given):
        self.connect = connect
        self.given = given
        self.channel = connect()
        self.stub = test_pb2_grpc.TestServiceStub(self.channel)

    def empty_unary(self):
        expect(self.stub.EmptyCall(empty_pb2.Empty(), timeout=PATIENCE), empty_pb2.Empty())

    def large_unary(self):
        self.large(self.stub)

    @staticmethod
    def large(stub):
        expect(len(stub.UnaryCall(large(), timeout=PATIENCE).payload.body), 314159)

    def client_compressed_unary(self):
        probe = failure(lambda: self.stub.UnaryCall(large(expect_compressed=flag(True)), timeout=PATIENCE))
        expect(probe.code(), grpc.StatusCode.INVALID_ARGUMENT)
        for compressed in (True, False):
            how = grpc.Compression.Gzip if compressed else grpc.Compression.NoCompression
            answer = self.stub.UnaryCall(
                large(expect_compressed=flag(compressed)), compression=how, timeout=PATIENCE
            )
            expect(len(answer.payload.body), 314159)

    def server_compressed_unary(self):
        for compressed in (True, False):
            answer = self.stub.UnaryCall(large(response_compressed=flag(compressed)), timeout=PATIENCE)
            expect(len(answer.payload.body), 314159)

    def client_streaming(self):
        requests = (messages_pb2.StreamingInputCallRequest(payload=payload(size)) for size in REQUESTS)
        answer = self.stub.StreamingInputCall(requests, timeout=PATIENCE)
        expect(answer.aggregated_payload_size, 74922)

    def server_streaming(self):
        answers = self.stub.StreamingOutputCall(output(0, *RESPONSES), timeout=PATIENCE)
        expect([len(answer.payload.body) for answer in answers], list(RESPONSES))

    def server_compressed_streaming(self):
        request = messages_pb2.StreamingOutputCallRequest(
            response_parameters=[
                messages_pb2.ResponseParameters(size=31415, compressed=flag(True)),
                messages_pb2.ResponseParameters(size=92653, compressed=flag(False)),
            ]
        )
        answers = self.stub.StreamingOutputCall(request, timeout=PATIENCE)
        expect([len(answer.payload.body) for answer in answers], [31415, 92653])

    def ping_pong(self):
        requests = Requests()
        answers = self.stub.FullDuplexCall(iter(requests), timeout=PATIENCE)
        for size, answer in zip(REQUESTS, RESPONSES):
            requests.send(output(size, answer))
            expect(len(next(answers).payload.body), answer)
        requests.complete()
        expect(list(answers), [])

    def empty_stream(self):
        expect(list(self.stub.FullDuplexCall(iter(()), timeout=PATIENCE)), [])

    def custom_metadata(self):
        metadata = (INITIAL, TRAILING)
        one = messages_pb2.SimpleRequest(response_size=1, payload=payload(1))
        _, unary = self.stub.UnaryCall.with_call(one, metadata=metadata, timeout=PATIENCE)
        self.echoed(unary)
        stream = self.stub.FullDuplexCall(iter([output(1, 1)]), metadata=metadata, timeout=PATIENCE)
        expect(len(list(stream)), 1)
        self.echoed(stream)

    @staticmethod
    def echoed(call):
        expect([v for k, v in call.initial_metadata() if k == INITIAL[0]], [INITIAL[1]])
        expect([v for k, v in call.trailing_metadata() if k == TRAILING[0]], [TRAILING[1]])

    def status_code_and_message(self):
        message = "test status message"
        status = messages_pb2.EchoStatus(code=2, message=message)
        self.says(lambda: self.stub.UnaryCall(messages_pb2.SimpleRequest(response_status=status)), message)
        request = messages_pb2.StreamingOutputCallRequest(response_status=status)
        self.says(lambda: list(self.stub.FullDuplexCall(iter([request]), timeout=PATIENCE)), message)

    def special_status_message(self):
        status = messages_pb2.EchoStatus(code=2, message=SPECIAL)
        self.says(lambda: self.stub.UnaryCall(messages_pb2.SimpleRequest(response_status=status)), SPECIAL)

    @staticmethod
    def says(call, message):
        error = failure(call)
        expect(error.code(), grpc.StatusCode.UNKNOWN)
        expect(error.details(), message)

    def unimplemented_method(self):
        error = failure(lambda: self.stub.UnimplementedCall(empty_pb2.Empty(), timeout=PATIENCE))
        expect(error.code(), grpc.StatusCode.UNIMPLEMENTED)

    def unimplemented_service(self):
        stub = test_pb2_grpc.UnimplementedServiceStub(self.channel)
        error = failure(lambda: stub.UnimplementedCall(empty_pb2.Empty(), timeout=PATIENCE))
        expect(error.code(), grpc.StatusCode.UNIMPLEMENTED)

    def cancel_after_begin(self):
        call = self.stub.StreamingInputCall.future(iter(Requests()), timeout=PATIENCE)
        call.cancel()
        expect(call.cancelled(), True)
        expect(call.code(), grpc.StatusCode.CANCELLED)

    def cancel_after_first_response(self):
        requests = Requests()
        answers = self.stub.FullDuplexCall(iter(requests), timeout=PATIENCE)
        requests.send(output(27182, 31415))
        expect(len(next(answers).payload.body), 31415)
        answers.cancel()
        expect(failure(lambda: next(answers)).code(), grpc.StatusCode.CANCELLED)

    def timeout_on_sleeping_server(self):
        requests = Requests()
        requests.send(output(27182))
        answers = self.stub.FullDuplexCall(iter(requests), timeout=0.001)
        expect(failure(lambda: next(answers)).code(), grpc.StatusCode.DEADLINE_EXCEEDED)

    def pick_first_unary(self):
        ids = {
            self.stub.UnaryCall(messages_pb2.SimpleRequest(fill_server_id=True), timeout=PATIENCE).server_id
            for _ in range(100)
        }
        expect(len(ids), 1)
        expect("" in ids, False)

    def rpc_soak(self):
        for _ in range(10):
            self.large(self.stub)

    def channel_soak(self):
        for _ in range(10):
            with self.connect() as channel:
                self.large(test_pb2_grpc.TestServiceStub(channel))

    def oauth2_auth_token(self):
        self.refused()
        with self.connect(grpc.access_token_call_credentials(self.given.oauth_token)) as channel:
            self.known(test_pb2_grpc.TestServiceStub(channel))

    def per_rpc_creds(self):
        self.refused()
        self.known(self.stub, credentials=grpc.access_token_call_credentials(self.given.oauth_token))
        self.refused()

    def refused(self):
        error = failure(lambda: self.stub.UnaryCall(large(), timeout=PATIENCE))
        expect(error.code(), grpc.StatusCode.UNAUTHENTICATED)

    def known(self, stub, **how):
        request = large(fill_username=True, fill_oauth_scope=True)
        answer = stub.UnaryCall(request, timeout=PATIENCE, **how)
        expect(answer.username, self.given.default_service_account)
        expect(answer.oauth_scope, self.given.oauth_scope)

    def very_large_request(self):
        request = messages_pb2.SimpleRequest(response_size=10, payload=payload(10 << 20))
        expect(len(self.stub.UnaryCall(request, timeout=PATIENCE).payload.body), 10)


def main():
    parser = argparse.ArgumentParser()
    for name in ("server_host", "server_port", "test_case", "server_host_override", "ca_file"):
        parser.add_argument("--" + name)
    for name in ("oauth_token", "oauth_scope", "default_service_account"):
        parser.add_argument("--" + name)
    parser.add_argument("--use_tls", default="false")
    parser.add_argument("--service_config_json")
    arguments, _ = parser.parse_known_args()
    address = f"{arguments.server_host}:{arguments.server_port}"
    options = []
    if arguments.service_config_json:
        options.append(("grpc.service_config", arguments.service_config_json))

    def connect(token=None):
        if arguments.use_tls != "true":
            return grpc.insecure_channel(address, options)
        with open(arguments.ca_file, "rb") as authority:
            credentials = grpc.ssl_channel_credentials(authority.read())
        if token:
            credentials = grpc.composite_channel_credentials(credentials, token)
        override = ("grpc.ssl_target_name_override", arguments.server_host_override)
        return grpc.secure_channel(address, credentials, options + [override])

    getattr(Cases(connect, arguments), arguments.test_case)()


if __name__ == "__main__":
    main()
