"""Calls a model server with the stock client of Triton, over gRPC and over HTTP.

Reads {"address", "model", "version", "rows"} as JSON, with TLS also {"ca", "certificate", "key"}, and prints what came
back as JSON.
"""

import json
import ssl
import sys

import numpy
import tritonclient.grpc
import tritonclient.http
from tritonclient.utils import InferenceServerException


def tried(call):
    """Returns how a call failed."""
    try:
        call()
    except InferenceServerException as error:
        return {"status": error.status(), "message": error.message()}
    return {"status": "OK", "message": "it was answered"}


def tensor(library, rows, **how):
    given = library.InferInput("features", list(rows.shape), "FP32")
    given.set_data_from_numpy(rows, **how)
    return [given]


def described(metadata):
    """The metadata of both transports in one form: 64-bit numbers are texts in the JSON of protobuf."""
    return {
        "name": metadata["name"],
        "versions": list(metadata["versions"]),
        "inputs": [[each["name"], each["datatype"], [int(size) for size in each["shape"]]] for each in metadata["inputs"]],
    }


def secured(library, ask):
    """What a client needs for mutual TLS; nothing without it."""
    if "ca" not in ask:
        return {}
    if library is tritonclient.grpc:
        return {
            "ssl": True,
            "root_certificates": ask["ca"],
            "private_key": ask["key"],
            "certificate_chain": ask["certificate"],
        }

    def context():
        made = ssl.create_default_context(cafile=ask["ca"])
        made.load_cert_chain(ask["certificate"], ask["key"])
        return made

    return {"ssl": True, "ssl_context_factory": context}


def talk(library, ask, how, outputs):
    rows = numpy.array(ask["rows"], numpy.float32)
    model, version = ask["model"], ask["version"]
    metadata = {"as_json": True} if library is tritonclient.grpc else {}
    with library.InferenceServerClient(ask["address"], **secured(library, ask)) as client:

        def infer(name, given):
            return client.infer(name, given, model_version=version, request_id="triton", outputs=outputs)

        result = infer(model, tensor(library, rows, **how))
        return {
            "live": client.is_server_live(),
            "ready": client.is_server_ready() and client.is_model_ready(model, version),
            "server": client.get_server_metadata(**metadata)["name"],
            "metadata": described(client.get_model_metadata(model, version, **metadata)),
            "probabilities": result.as_numpy("probabilities").tolist(),
            "wrong_shape": tried(lambda: infer(model, tensor(library, rows[:, :3], **how))),
            "unknown_model": tried(lambda: infer("letters", tensor(library, rows, **how))),
        }


def main():
    ask = json.load(sys.stdin)
    as_json = [tritonclient.http.InferRequestedOutput("probabilities", binary_data=False)]
    answers = {
        "gRPC": talk(tritonclient.grpc, ask, {}, None),
        "HTTP, bytes": talk(tritonclient.http, ask, {"binary_data": True}, None),
        "HTTP, JSON": talk(tritonclient.http, ask, {"binary_data": False}, as_json),
    }
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    main()
