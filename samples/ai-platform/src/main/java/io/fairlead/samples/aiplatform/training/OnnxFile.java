package io.fairlead.samples.aiplatform.training;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.fairlead.samples.aiplatform.api.onnx.GraphProto;
import io.fairlead.samples.aiplatform.api.onnx.ModelProto;
import io.fairlead.samples.aiplatform.api.onnx.NodeProto;
import io.fairlead.samples.aiplatform.api.onnx.OperatorSetIdProto;
import io.fairlead.samples.aiplatform.api.onnx.TensorProto;
import io.fairlead.samples.aiplatform.api.onnx.TensorShapeProto;
import io.fairlead.samples.aiplatform.api.onnx.TypeProto;
import io.fairlead.samples.aiplatform.api.onnx.ValueInfoProto;
import io.fairlead.samples.aiplatform.common.Floats;
import java.util.HashMap;
import java.util.Map;

/** Networks as files of ONNX: Gemm, Relu and Softmax, with a first dimension of any size. */
public final class OnnxFile {
  /** The name of the tensor that goes in. */
  public static final String INPUT = "features";

  /** The name of the tensor that comes out. */
  public static final String OUTPUT = "probabilities";

  private static final int FLOAT = 1;

  /** The versions of the format and of the operators: old enough for each runtime in use. */
  private static final int IR_VERSION = 8;

  private static final int OPERATORS = 13;

  private OnnxFile() {}

  /** Returns the network as a file. */
  public static ByteString write(Network network) {
    GraphProto.Builder graph = GraphProto.newBuilder().setName("digits");
    graph.addInput(value(INPUT, network.inputs()));
    graph.addOutput(value(OUTPUT, network.outputs()));
    ByteString parameters = Floats.toBytes(network.parameters());
    String from = INPUT;
    for (int layer = 0; layer < network.layers(); layer++) {
      int rows = network.size(layer);
      int columns = network.size(layer + 1);
      int begin = network.offset(layer) * Float.BYTES;
      int biases = begin + rows * columns * Float.BYTES;
      graph.addInitializer(
          TensorProto.newBuilder()
              .setName("weights" + layer)
              .setDataType(FLOAT)
              .addDims(rows)
              .addDims(columns)
              .setRawData(parameters.substring(begin, biases)));
      graph.addInitializer(
          TensorProto.newBuilder()
              .setName("biases" + layer)
              .setDataType(FLOAT)
              .addDims(columns)
              .setRawData(parameters.substring(biases, biases + columns * Float.BYTES)));
      graph.addNode(node("Gemm", "sums" + layer, from, "weights" + layer, "biases" + layer));
      boolean hidden = layer + 1 < network.layers();
      String to = hidden ? "units" + layer : OUTPUT;
      graph.addNode(node(hidden ? "Relu" : "Softmax", to, "sums" + layer));
      from = to;
    }
    return ModelProto.newBuilder()
        .setIrVersion(IR_VERSION)
        .setProducerName("fairlead-ai-platform")
        .setProducerVersion("1")
        .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(OPERATORS))
        .setGraph(graph)
        .build()
        .toByteString();
  }

  /**
   * Reads a file that {@link #write} made, so that a network can answer without a runtime of ONNX.
   */
  public static Network read(ByteString file) {
    GraphProto graph;
    try {
      graph = ModelProto.parseFrom(file).getGraph();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalArgumentException("the file is no ONNX: " + e.getMessage(), e);
    }
    Map<String, TensorProto> tensors = new HashMap<>();
    graph.getInitializerList().forEach(tensor -> tensors.put(tensor.getName(), tensor));
    int layers = tensors.size() / 2;
    int[] sizes = new int[layers + 1];
    ByteString parameters = ByteString.EMPTY;
    for (int layer = 0; layer < layers; layer++) {
      TensorProto weights = tensors.get("weights" + layer);
      TensorProto biases = tensors.get("biases" + layer);
      if (weights == null || biases == null || weights.getDimsCount() != 2) {
        throw new IllegalArgumentException(
            "the file has no dense layer " + layer + "; it was written by another trainer");
      }
      sizes[layer] = Math.toIntExact(weights.getDims(0));
      sizes[layer + 1] = Math.toIntExact(weights.getDims(1));
      parameters = parameters.concat(weights.getRawData()).concat(biases.getRawData());
    }
    return new Network(sizes, Floats.of(parameters));
  }

  private static NodeProto node(String operator, String output, String... inputs) {
    NodeProto.Builder node =
        NodeProto.newBuilder().setOpType(operator).setName(output).addOutput(output);
    for (String input : inputs) {
      node.addInput(input);
    }
    return node.build();
  }

  private static ValueInfoProto value(String name, int size) {
    return ValueInfoProto.newBuilder()
        .setName(name)
        .setType(
            TypeProto.newBuilder()
                .setTensorType(
                    TypeProto.Tensor.newBuilder()
                        .setElemType(FLOAT)
                        .setShape(
                            TensorShapeProto.newBuilder()
                                .addDim(
                                    TensorShapeProto.Dimension.newBuilder().setDimParam("batch"))
                                .addDim(
                                    TensorShapeProto.Dimension.newBuilder().setDimValue(size)))))
        .build();
  }
}
