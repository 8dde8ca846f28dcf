"""gRPC's interop contract. Its package has the name of the library's own, so both must become one."""

import pkgutil

import grpc

grpc.__path__ = pkgutil.extend_path(grpc.__path__, "grpc")

from grpc.testing import empty_pb2, messages_pb2, test_pb2_grpc  # noqa: E402

__all__ = ["empty_pb2", "grpc", "messages_pb2", "test_pb2_grpc"]
