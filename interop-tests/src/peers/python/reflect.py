"""Finds the contract by reflection alone, and prints what our options say: "<method> <deadline> <codes>"."""

import sys

import grpc
from fairlead import options_pb2
from google.protobuf import descriptor_pb2, descriptor_pool
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

with grpc.insecure_channel(sys.argv[1]) as channel:
    database = ProtoReflectionDescriptorDatabase(channel)
    print("SERVICES", *sorted(database.get_services()))
    pool = descriptor_pool.DescriptorPool(database)
    service = pool.FindServiceByName(sys.argv[2])
    for method in service.methods:
        options = descriptor_pb2.MethodOptions.FromString(method.GetOptions().SerializeToString())
        policy = options.Extensions[options_pb2.method]
        codes = [options_pb2.Code.Name(code) for code in policy.retry.codes]
        print("METHOD", method.name, policy.deadline or "-", policy.retry.attempts, *codes)
