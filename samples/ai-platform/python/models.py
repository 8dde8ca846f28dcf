"""Whole files to and from the model registry."""

import hashlib

import grpc

from vision.models.v1 import models_pb2, models_pb2_grpc

CHUNK = 64 * 1024
CALL_SECONDS = 10
SERVICE = "vision.models.v1.ModelRegistry"


class Models:
    def __init__(self, directory):
        self._registry = models_pb2_grpc.ModelRegistryStub(directory.channel(SERVICE))

    def put(self, name, kind, version, content, labels):
        """Stores a file, and returns its record."""
        header = models_pb2.PutHeader(
            name=name, kind=kind, version=version, sha256=hashlib.sha256(content).hexdigest(), labels=labels
        )

        def parts():
            yield models_pb2.PutRequest(header=header)
            for at in range(0, len(content), CHUNK):
                yield models_pb2.PutRequest(data=content[at : at + CHUNK])

        return self._registry.Put(parts(), timeout=CALL_SECONDS)

    def list(self, name, kind):
        """Returns what is stored under a name."""
        return self._registry.List(models_pb2.ListRequest(name=name, kind=kind), timeout=CALL_SECONDS).artifacts

    def get(self, name, kind, version=0):
        """Returns the record and the bytes of a file; version 0 stands for the latest. (None, b"") if there is none."""
        artifact, content = None, bytearray()
        try:
            request = models_pb2.GetRequest(name=name, kind=kind, version=version)
            for part in self._registry.Get(request, timeout=CALL_SECONDS):
                if part.HasField("artifact"):
                    artifact = part.artifact
                else:
                    content += part.data
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.NOT_FOUND:
                return None, b""
            raise
        sha256 = hashlib.sha256(content).hexdigest()
        if artifact is None or sha256 != artifact.sha256:
            raise ValueError(f"{name} arrived with the SHA-256 {sha256}, and its record says otherwise")
        return artifact, bytes(content)
