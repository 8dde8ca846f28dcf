"""Lets clients of Fairlead find a gRPC server in Python, and the other way round.

A Registration keeps the server's address in etcd, as Fairlead's servers do: etcd's own naming format, with one more
field. The key has a lease, so it goes when the process dies.
"""

import json
import logging
import random
import threading
from datetime import datetime, timezone

import grpc

import etcd_pb2
import etcd_pb2_grpc

LOG = logging.getLogger("fairlead.register")
CALL_SECONDS = 3


def open_etcd(url, credentials=None):
    """Returns a channel to etcd; a URL that begins with https:// takes grpc.ssl_channel_credentials(...)."""
    if url.startswith("https://"):
        return grpc.secure_channel(url.removeprefix("https://"), credentials or grpc.ssl_channel_credentials())
    return grpc.insecure_channel(url.removeprefix("http://"))


class Registration:
    """The entry of one server, kept until leave() is called."""

    def __init__(self, etcd, service, instance, address, version="", tags=None, ttl_seconds=15):
        self._kv = etcd_pb2_grpc.KVStub(etcd)
        self._leases = etcd_pb2_grpc.LeaseStub(etcd)
        self._key = f"{service}/{instance}".encode()
        self._address = address
        self._fairlead = {"addresses": [f"grpc://{address}"]}
        if version:
            self._fairlead["version"] = version
        if tags:
            self._fairlead["tags"] = tags
        self._fairlead["startedAt"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        self._ttl = ttl_seconds
        self._lease = 0
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="registration", daemon=True)
        self._thread.start()

    def leave(self, seconds):
        """Tells clients to call others, waits for them to notice, and removes the entry."""
        self._leaving.set()
        self._thread.join()
        if self._lease == 0:
            return
        try:
            self._fairlead["draining"] = True
            self._put(self._lease)
            # Clients watch the key; one that is slow still finds an open server.
            threading.Event().wait(seconds)
            self._leases.LeaseRevoke(etcd_pb2.LeaseRevokeRequest(ID=self._lease), timeout=CALL_SECONDS)
        except grpc.RpcError as error:
            LOG.warning("could not leave etcd, so the entry ends with its lease: %s", error.details())

    def _value(self):
        value = {"Op": 0, "Addr": self._address, "Metadata": None, "fairlead": self._fairlead}
        return json.dumps(value, separators=(",", ":")).encode()

    def _put(self, lease):
        entry = etcd_pb2.PutRequest(key=self._key, value=self._value(), lease=lease)
        self._kv.Put(entry, timeout=CALL_SECONDS)

    def _keep(self):
        while not self._leaving.is_set():
            try:
                if self._lease == 0:
                    granted = self._leases.LeaseGrant(etcd_pb2.LeaseGrantRequest(TTL=self._ttl), timeout=CALL_SECONDS)
                    # Only with its entry is a lease worth renewing.
                    self._put(granted.ID)
                    self._lease = granted.ID
                    LOG.info("registered as %s", self._key.decode())
                elif self._renew() <= 0:
                    # etcd was away for longer than the lease, or lost it: begin again at once.
                    self._lease = 0
                    continue
                self._leaving.wait(self._ttl / 3)
            except (grpc.RpcError, StopIteration) as error:
                LOG.warning("etcd does not answer: %s", error)
                self._leaving.wait(random.uniform(0.2, 1))

    def _renew(self):
        request = etcd_pb2.LeaseKeepAliveRequest(ID=self._lease)
        return next(self._leases.LeaseKeepAlive(iter([request]), timeout=CALL_SECONDS)).TTL


class Directory:
    """Finds servers that are registered in etcd."""

    def __init__(self, etcd, credentials=None):
        self._kv = etcd_pb2_grpc.KVStub(etcd)
        self._credentials = credentials

    def addresses(self, service):
        """Returns host:port of each server of a service that takes calls."""
        prefix = f"{service}/".encode()
        # All keys that begin with the prefix: up to it with its last byte one higher.
        end = prefix[:-1] + bytes([prefix[-1] + 1])
        listed = self._kv.Range(etcd_pb2.RangeRequest(key=prefix, range_end=end), timeout=CALL_SECONDS)
        entries = [json.loads(entry.value) for entry in listed.kvs]
        return [entry["Addr"] for entry in entries if not entry.get("fairlead", {}).get("draining")]

    def channel(self, service, options=()):
        """Returns a channel to all servers of a service, as they are now; it leaves out those that do not answer."""
        addresses = self.addresses(service)
        if not addresses:
            raise LookupError(f"no server of {service} is registered")
        target = "ipv4:" + ",".join(addresses)
        policy = json.dumps({"loadBalancingConfig": [{"round_robin": {}}]})
        options = [("grpc.service_config", policy), *options]
        if not self._credentials:
            return grpc.insecure_channel(target, options=options)
        # The certificate of a server names its service, as Fairlead's clients expect it.
        options += [("grpc.ssl_target_name_override", service)]
        return grpc.secure_channel(target, self._credentials, options=options)
