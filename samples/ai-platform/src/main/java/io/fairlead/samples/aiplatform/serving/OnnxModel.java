package io.fairlead.samples.aiplatform.serving;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.fairlead.samples.aiplatform.training.OnnxFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A model in ONNX Runtime. */
final class OnnxModel implements Batcher.Model, AutoCloseable {
  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final OrtSession session;
  private final int inputs;
  private final int outputs;

  OnnxModel(byte[] file) throws OrtException {
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      // The model is small, and the processors are needed by the other services.
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      this.session = environment.createSession(file, options);
    }
    this.inputs = width(session.getInputInfo().get(OnnxFile.INPUT), OnnxFile.INPUT);
    this.outputs = width(session.getOutputInfo().get(OnnxFile.OUTPUT), OnnxFile.OUTPUT);
  }

  private static int width(@Nullable NodeInfo node, String name) {
    if (node == null
        || !(node.getInfo() instanceof TensorInfo tensor)
        || tensor.getShape().length != 2) {
      throw new IllegalArgumentException("the model has no tensor " + name + " of two dimensions");
    }
    return Math.toIntExact(tensor.getShape()[1]);
  }

  int inputs() {
    return inputs;
  }

  int outputs() {
    return outputs;
  }

  @Override
  public float[][] run(float[][] rows) throws OrtException {
    FloatBuffer values =
        ByteBuffer.allocateDirect(rows.length * inputs * Float.BYTES)
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    for (float[] row : rows) {
      values.put(row);
    }
    values.flip();
    long[] shape = {rows.length, inputs};
    try (OnnxTensor input = OnnxTensor.createTensor(environment, values, shape);
        OrtSession.Result result = session.run(Map.of(OnnxFile.INPUT, input))) {
      FloatBuffer output = ((OnnxTensor) result.get(0)).getFloatBuffer();
      float[][] answers = new float[rows.length][outputs];
      for (float[] answer : answers) {
        output.get(answer);
      }
      return answers;
    }
  }

  @Override
  public void close() throws OrtException {
    session.close();
  }
}
