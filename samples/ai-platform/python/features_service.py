"""Features of an image, the same as those of the service in Java: 64 pixels, and 4 histograms of 8 directions."""

import math

import grpc
import numpy

from service_process import ServiceProcess, fail
from vision.features.v1 import features_pb2_grpc
from vision.image.v1 import image_pb2

SIDE = 8
PIXELS = SIDE * SIDE
DIRECTIONS = 8


def extract(pixels):
    """Returns the features of 8 x 8 pixels."""
    # Beyond the border is paper.
    framed = numpy.pad(numpy.asarray(pixels, numpy.float32).reshape(SIDE, SIDE), 1)
    dx = framed[1:-1, 2:] - framed[1:-1, :-2]
    dy = framed[2:, 1:-1] - framed[:-2, 1:-1]
    length = numpy.sqrt(dx * dx + dy * dy)
    # The angles one by one: numpy's may differ in the last bit, which decides between two directions.
    turns = [math.atan2(y, x) / (2 * math.pi) + 0.5 for y, x in zip(dy.ravel().tolist(), dx.ravel().tolist())]
    direction = (numpy.array(turns) * DIRECTIONS).astype(int).reshape(SIDE, SIDE) % DIRECTIONS
    row, column = numpy.indices((SIDE, SIDE))
    quarter = row // 4 * 2 + column // 4
    histograms = numpy.zeros((4, DIRECTIONS), numpy.float32)
    numpy.add.at(histograms, (quarter, direction), length)
    # To length 1, so that thick and thin strokes give the same histogram.
    squares = numpy.sum(histograms.astype(numpy.float64) ** 2, axis=1, keepdims=True)
    histograms *= (1 / numpy.sqrt(1e-6 + squares)).astype(numpy.float32)
    return numpy.concatenate([framed[1:-1, 1:-1].ravel(), histograms.ravel()])


def vector(image, context):
    if len(image.pixels) != PIXELS:
        why = (
            f"the image has {len(image.pixels)} pixels, and features are made of {PIXELS}; "
            "send it through vision.preprocess.v1.Preprocess"
        )
        rejection = image_pb2.Rejection(image_id=image.id, problem=image_pb2.WRONG_SHAPE, reason=why)
        fail(context, grpc.StatusCode.INVALID_ARGUMENT, why, rejection)
    features = image_pb2.FeatureVector(id=image.id, values=extract(image.pixels).tolist())
    if image.HasField("label"):
        features.label = image.label
    return features


class Features(features_pb2_grpc.FeaturesServicer):
    def Extract(self, request, context):
        return vector(request, context)

    def ExtractAll(self, request_iterator, context):
        for image in request_iterator:
            yield vector(image, context)


if __name__ == "__main__":
    ServiceProcess().serve(
        "vision.features.v1.Features", lambda server: features_pb2_grpc.add_FeaturesServicer_to_server(Features(), server)
    )
