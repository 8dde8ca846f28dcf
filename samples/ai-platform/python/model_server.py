"""Serves one version of one model by the Open Inference Protocol, as the model server in Java does."""

import grpc
import numpy
import onnxruntime

from inference import open_inference_grpc_pb2 as inference
from inference import open_inference_grpc_pb2_grpc as inference_grpc
from models import Models
from service_process import ServiceProcess, fail, refuse
from vision.models.v1 import models_pb2

INPUT, OUTPUT, FP32 = "features", "probabilities", "FP32"


def load(file):
    options = onnxruntime.SessionOptions()
    # The model is small, and the processors are needed by the other services.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


class Inference(inference_grpc.GRPCInferenceServiceServicer):
    def __init__(self, server_id, device, model, version, session):
        self._id = server_id
        self._device = device
        self._model = model
        self._version = version
        self._session = session
        self._width = session.get_inputs()[0].shape[1]
        self._classes = session.get_outputs()[0].shape[1]

    def ServerLive(self, request, context):
        return inference.ServerLiveResponse(live=True)

    def ServerReady(self, request, context):
        # It is registered, and so called, only once its model is loaded.
        return inference.ServerReadyResponse(ready=True)

    def ServerMetadata(self, request, context):
        return inference.ServerMetadataResponse(name=self._id, version="1")

    def ModelReady(self, request, context):
        self._require(request.name, request.version, context)
        return inference.ModelReadyResponse(ready=True)

    def ModelMetadata(self, request, context):
        self._require(request.name, request.version, context)
        tensor = inference.ModelMetadataResponse.TensorMetadata
        return inference.ModelMetadataResponse(
            name=self._model,
            versions=[self._version],
            platform="onnxruntime_onnx",
            inputs=[tensor(name=INPUT, datatype=FP32, shape=[-1, self._width])],
            outputs=[tensor(name=OUTPUT, datatype=FP32, shape=[-1, self._classes])],
        )

    def ModelInfer(self, request, context):
        self._require(request.model_name, request.model_version, context)
        rows = self._rows(request, context)
        (probabilities,) = self._session.run([OUTPUT], {INPUT: rows})
        output = inference.ModelInferResponse.InferOutputTensor(name=OUTPUT, datatype=FP32, shape=probabilities.shape)
        response = inference.ModelInferResponse(model_name=self._model, model_version=self._version, id=request.id)
        response.parameters["served_by"].string_param = self._id
        response.parameters["device"].string_param = self._device
        response.parameters["batch_rows"].int64_param = len(rows)
        if request.raw_input_contents:
            response.raw_output_contents.append(probabilities.astype("<f4").tobytes())
        else:
            output.contents.fp32_contents.extend(probabilities.ravel().tolist())
        response.outputs.append(output)
        return response

    def _require(self, name, version, context):
        if name != self._model:
            why = f'the model "{name}" is not served here; the model here is {self._model}'
            fail(context, grpc.StatusCode.NOT_FOUND, why)
        if version not in ("", self._version):
            why = f"version {version} of {name} is not served here; {self._version} is"
            fail(context, grpc.StatusCode.NOT_FOUND, why)

    def _rows(self, request, context):
        if len(request.inputs) != 1 or request.inputs[0].name != INPUT:
            refuse(context, "inputs", f"the model takes one input, {INPUT}")
        tensor = request.inputs[0]
        shape = list(tensor.shape)
        if tensor.datatype != FP32:
            why = f'the datatype is "{tensor.datatype}", and the model takes {FP32}'
            refuse(context, "inputs[0].datatype", why)
        if len(shape) != 2 or shape[0] < 1 or shape[1] != self._width:
            refuse(context, "inputs[0].shape", f"the shape is {shape}, and the model takes [n, {self._width}]")
        if not request.raw_input_contents:
            values = numpy.array(tensor.contents.fp32_contents, numpy.float32)
        else:
            raw = request.raw_input_contents[0]
            if len(request.raw_input_contents) != 1 or tensor.HasField("contents"):
                why = "raw contents are given once for each input, and then no others"
                refuse(context, "raw_input_contents", why)
            if len(raw) % 4 != 0:
                refuse(context, "raw_input_contents", f"{len(raw)} bytes are no whole number of FP32")
            values = numpy.frombuffer(raw, "<f4")
        if values.size != shape[0] * shape[1]:
            refuse(context, "inputs[0].contents", f"the shape is {shape}, and {values.size} values came")
        return values.reshape(shape)


def main():
    process = ServiceProcess()
    name = process.settings["model"]
    artifact, file = Models(process.directory).get(name, models_pb2.MODEL, int(process.settings.get("version", "0")))
    if artifact is None:
        raise SystemExit(f"there is no model {name} of version {process.settings.get('version', 'any')}")
    version = str(artifact.version)
    device = process.settings.get("device", "cpu")
    servicer = Inference(process.id, device, name, version, load(file))
    tags = {"serves": f"{name}-{version}", "device": device}
    process.serve(
        "inference.GRPCInferenceService",
        lambda server: inference_grpc.add_GRPCInferenceServiceServicer_to_server(servicer, server),
        version,
        tags,
    )


if __name__ == "__main__":
    main()
