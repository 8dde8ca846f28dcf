"""Calls a model server with the stock client of KServe, over gRPC and over REST, with tensors as bytes and as numbers.

Reads {"address", "model", "version", "rows"} as JSON, with TLS also {"ca", "certificate", "key"}, and prints what came
back as JSON.
"""

import asyncio
import json
import logging
import ssl
import sys

import grpc
import httpx
import numpy
from kserve import InferenceRESTClient, InferInput, InferRequest
from kserve.inference_client import InferenceGRPCClient, RESTConfig


def request(model, rows, binary):
    tensor = InferInput("features", list(rows.shape), "FP32")
    tensor.set_data_from_numpy(rows, binary_data=binary)
    return InferRequest(model_name=model, infer_inputs=[tensor], request_id="kserve")


async def tried(call):
    """Returns how a call failed."""
    try:
        await call
    except grpc.RpcError as error:
        return {"status": error.code().name, "message": error.details()}
    except httpx.HTTPStatusError as error:
        return {"status": str(error.response.status_code), "message": error.response.json()["error"]}
    return {"status": "OK", "message": "it was answered"}


async def talk(infer, client, ask, binary, *base):
    rows = numpy.array(ask["rows"], numpy.float32)
    model = ask["model"]
    answer = await infer(model, request(model, rows, binary))
    return {
        "live": await client.is_server_live(*base),
        "ready": await client.is_server_ready(*base) and await client.is_model_ready(*base, model),
        "probabilities": answer.outputs[0].as_numpy().tolist(),
        "wrong_shape": await tried(infer(model, request(model, rows[:, :3], binary))),
        "unknown_model": await tried(infer("letters", request("letters", rows, binary))),
    }


def clients(ask):
    """Returns a client of gRPC, one of REST, and the URL for the latter."""
    if "ca" not in ask:
        rest = InferenceRESTClient(RESTConfig(protocol="v2"))
        return InferenceGRPCClient(ask["address"]), rest, "http://" + ask["address"]
    context = ssl.create_default_context(cafile=ask["ca"])
    context.load_cert_chain(ask["certificate"], ask["key"])
    rest = InferenceRESTClient(RESTConfig(protocol="v2", verify=context))
    secured = InferenceGRPCClient(
        ask["address"],
        use_ssl=True,
        root_certificates=ask["ca"],
        private_key=ask["key"],
        certificate_chain=ask["certificate"],
    )
    return secured, rest, "https://" + ask["address"]


async def main():
    ask = json.load(sys.stdin)
    answers = {}
    opened, rest, base = clients(ask)
    async with opened as client:
        for how, binary in (("bytes", True), ("numbers", False)):
            answers[f"gRPC, {how}"] = await talk(lambda _, asked: client.infer(asked), client, ask, binary)
            answers[f"REST, {how}"] = await talk(
                lambda model, asked: rest.infer(base, asked, model_name=model), rest, ask, binary, base
            )
    await rest.close()
    json.dump(answers, sys.stdout)


if __name__ == "__main__":
    # It logs each failure that is asked for.
    logging.disable(logging.CRITICAL)
    asyncio.run(main())
