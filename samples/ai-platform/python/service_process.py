"""What each service of the platform in Python has: settings, a server, an entry in etcd, typed failures."""

import logging
import pathlib
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from fairlead_register import Directory, Registration, open_etcd

DRAIN_SECONDS = 0.5
GRACE_SECONDS = 5


class ServiceProcess:
    """Reads settings such as id=features-py-1, and serves until the process is asked to end."""

    def __init__(self):
        logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
        self.settings = dict(argument.split("=", 1) for argument in sys.argv[1:])
        self.id = self.settings["id"]
        self._tls = self._read_tls()
        credentials = self._tls and grpc.ssl_channel_credentials(*self._tls)
        self._etcd = open_etcd(self.settings["etcd"], credentials)
        self.directory = Directory(self._etcd, credentials)

    def _read_tls(self):
        """Returns authority, key and certificate chain, if the links have TLS."""
        if "tls" not in self.settings:
            return None
        own = pathlib.Path(self.settings["tls"])
        files = own.with_name("ca.crt"), own.with_name(own.name + ".key"), own.with_name(own.name + ".crt")
        return [file.read_bytes() for file in files]

    def serve(self, service, add, version="", tags=None):
        """Serves what add() adds to a server."""
        server = grpc.server(ThreadPoolExecutor(max_workers=32))
        add(server)
        if self._tls:
            authority, key, chain = self._tls
            asking = grpc.ssl_server_credentials([(key, chain)], authority, require_client_auth=True)
            port = server.add_secure_port("127.0.0.1:0", asking)
        else:
            port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        ended = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: ended.set())
        # By its own tag, a caller can ask this server and no other.
        tags = {"instance": self.id, **(tags or {})}
        registration = Registration(self._etcd, service, self.id, f"127.0.0.1:{port}", version, tags)
        logging.info("%s serves %s on port %d", self.id, service, port)
        ended.wait()
        registration.leave(DRAIN_SECONDS)
        server.stop(GRACE_SECONDS).wait()


def fail(context, code, why, *details):
    """Ends a call with a status whose details are messages, as Fairlead's servers do."""
    status = status_pb2.Status(code=code_pb2.Code.Value(code.name), message=why)
    for detail in details:
        packed = any_pb2.Any()
        packed.Pack(detail)
        status.details.append(packed)
    context.abort_with_status(rpc_status.to_status(status))


def refuse(context, field, why):
    """Ends a call whose request is wrong, and names the field."""
    violation = error_details_pb2.BadRequest.FieldViolation(field=field, description=why)
    fail(context, grpc.StatusCode.INVALID_ARGUMENT, why, error_details_pb2.BadRequest(field_violations=[violation]))
