package io.fairlead.samples.quickstart;

import io.fairlead.client.RpcChannel;
import io.fairlead.samples.quickstart.vision.Classifier;
import io.fairlead.samples.quickstart.vision.ClassifierRpc;
import io.fairlead.samples.quickstart.vision.Image;
import io.fairlead.samples.quickstart.vision.Label;

/** The client that the README shows. */
final class ReadmeClient {
  static Label classify(Image image) {
    String target = "etcd://127.0.0.1:2379/vision.v1.Classifier";
    try (RpcChannel channel = RpcChannel.to(target).build()) {
      Classifier classifier = ClassifierRpc.client(channel);
      return classifier.classify(image);
    }
  }

  private ReadmeClient() {}
}
