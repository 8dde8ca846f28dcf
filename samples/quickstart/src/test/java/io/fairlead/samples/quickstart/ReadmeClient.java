package io.fairlead.samples.quickstart;

import io.fairlead.client.RpcChannel;
import io.fairlead.samples.quickstart.vision.Classifier;
import io.fairlead.samples.quickstart.vision.ClassifierRpc;
import io.fairlead.samples.quickstart.vision.Image;

/** Asks one of the instances that etcd lists: {@code ReadmeClient IMAGE_NUMBER}. */
final class ReadmeClient {
  public static void main(String[] args) {
    Image image = Image.newBuilder().setNumber(Long.parseLong(args[0])).build();
    String target = "etcd://127.0.0.1:2379/vision.v1.Classifier";
    try (RpcChannel channel = RpcChannel.to(target).build()) {
      Classifier classifier = ClassifierRpc.client(channel);
      System.out.println(classifier.classify(image).getText());
    }
  }

  private ReadmeClient() {}
}
