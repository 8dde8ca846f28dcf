"""A chain of dense layers, its training by Adam, and its file of ONNX: as those of the trainer in Java.

All parameters are one array of 32-bit floats, layer by layer, weights before biases. So a checkpoint of one trainer
can be read by the other.
"""

import numpy

from onnx import onnx_pb2

CLASSES = 10
BATCH = 32
DROPOUT = 0.2
RATE, FIRST, SECOND, EPSILON = 0.002, 0.9, 0.999, 1e-8
FLOAT, IR_VERSION, OPERATORS = 1, 8, 13


def count(sizes):
    return sum((rows + 1) * columns for rows, columns in zip(sizes, sizes[1:]))


def initial(sizes, seed):
    """Returns random parameters, scaled for ReLU (He), with biases of 0."""
    generator = random(seed, 0)
    parameters = numpy.zeros(count(sizes), numpy.float32)
    for (rows, _), (weights, _) in zip(zip(sizes, sizes[1:]), layers(parameters, sizes)):
        weights[:] = generator.uniform(-1, 1, weights.shape) * numpy.sqrt(6 / rows)
    return parameters


def random(seed, epoch):
    """Returns the source of all that is random in an epoch; a seed may be negative."""
    return numpy.random.default_rng([seed % 2**64, epoch])


def layers(parameters, sizes):
    """Returns the weights and biases of each layer, as views of the parameters."""
    views, at = [], 0
    for rows, columns in zip(sizes, sizes[1:]):
        weights = parameters[at : at + rows * columns].reshape(rows, columns)
        at += rows * columns
        views.append((weights, parameters[at : at + columns]))
        at += columns
    return views


def softmax(sums):
    powers = numpy.exp(sums - sums.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def predict(parameters, sizes, values):
    """Returns the probability of each class for each row."""
    stack = layers(parameters, sizes)
    for weights, biases in stack[:-1]:
        values = numpy.maximum(values @ weights + biases, 0)
    return softmax(values @ stack[-1][0] + stack[-1][1])


def cross_entropy(probabilities, labels):
    """Returns the loss of each row."""
    return -numpy.log(numpy.maximum(probabilities[numpy.arange(len(labels)), labels], 1e-12))


def gradients(parameters, sizes, values, labels, dropout, generator):
    """Returns the sum of the gradients of a mini-batch, and its loss."""
    stack = layers(parameters, sizes)
    sums = numpy.zeros_like(parameters)
    scale = numpy.float32(1 / (1 - dropout))
    units = [values]
    for weights, biases in stack[:-1]:
        hidden = numpy.maximum(units[-1] @ weights + biases, 0)
        if dropout:
            # What is kept is scaled up, so that nothing changes when all units are used later.
            hidden = numpy.where(generator.random(hidden.shape) < dropout, 0, hidden * scale)
        units.append(hidden.astype(numpy.float32))
    probabilities = softmax(units[-1] @ stack[-1][0] + stack[-1][1])
    loss = cross_entropy(probabilities, labels).sum()
    errors = probabilities.copy()
    errors[numpy.arange(len(labels)), labels] -= 1
    for (weights, _), (weight_sums, bias_sums), entered in reversed(list(zip(stack, layers(sums, sizes), units))):
        weight_sums[:] = entered.T @ errors
        bias_sums[:] = errors.sum(axis=0)
        # A hidden unit that is 0 was rectified or dropped: no error passes through it.
        errors = (errors @ weights.T) * (entered > 0) * scale
    return sums, loss


def adam(parameters, first, second, steps, gradient):
    """Moves the parameters against the gradient, and the moments with it, in place."""
    rate = RATE * numpy.sqrt(1 - SECOND**steps) / (1 - FIRST**steps)
    first *= FIRST
    first += (1 - FIRST) * gradient
    second *= SECOND
    second += (1 - SECOND) * gradient * gradient
    parameters -= (rate * first / (numpy.sqrt(second) + EPSILON)).astype(numpy.float32)


def onnx_file(parameters, sizes):
    """Returns the network as a file of ONNX, with a first dimension of any size."""
    model = onnx_pb2.ModelProto(ir_version=IR_VERSION, producer_name="fairlead-ai-platform-python", producer_version="1")
    model.opset_import.add(version=OPERATORS)
    graph = model.graph
    graph.name = "digits"
    describe(graph.input.add(), "features", sizes[0])
    describe(graph.output.add(), "probabilities", sizes[-1])
    entering = "features"
    for index, (weights, biases) in enumerate(layers(parameters, sizes)):
        for name, tensor in ((f"weights{index}", weights), (f"biases{index}", biases)):
            raw = tensor.astype("<f4").tobytes()
            graph.initializer.add(name=name, data_type=FLOAT, dims=tensor.shape, raw_data=raw)
        node(graph, "Gemm", f"sums{index}", entering, f"weights{index}", f"biases{index}")
        hidden = index + 2 < len(sizes)
        entering, entered = f"units{index}" if hidden else "probabilities", f"sums{index}"
        node(graph, "Relu" if hidden else "Softmax", entering, entered)
    return model.SerializeToString(deterministic=True)


def describe(value, name, width):
    value.name = name
    value.type.tensor_type.elem_type = FLOAT
    value.type.tensor_type.shape.dim.add(dim_param="batch")
    value.type.tensor_type.shape.dim.add(dim_value=width)


def node(graph, operator, output, *inputs):
    graph.node.add(op_type=operator, name=output, input=inputs, output=[output])
