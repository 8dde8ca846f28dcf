package io.fairlead.samples.aiplatform.training;

import com.google.protobuf.ByteString;

/** Models for tests of other packages. */
public final class NetworkFixture {
  private NetworkFixture() {}

  /** Returns the file of a network with random weights. */
  public static ByteString file(int... sizes) {
    return OnnxFile.write(Network.random(sizes, 11));
  }

  /** Returns the file of a network. */
  public static ByteString write(Network network) {
    return OnnxFile.write(network);
  }
}
