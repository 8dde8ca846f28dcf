package io.fairlead.samples.quickstart;

import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.quickstart.vision.Classifier;
import io.fairlead.samples.quickstart.vision.ClassifierRpc;
import io.fairlead.samples.quickstart.vision.Image;
import io.fairlead.samples.quickstart.vision.Label;
import io.fairlead.server.RpcServer;

/** One instance, as its own process: {@code ModelServer ID ETCD_URL}. */
final class ModelServer implements Classifier {
  private final String id;

  private ModelServer(String id) {
    this.id = id;
  }

  /** Runs on a virtual thread, or before Java 21 on a thread of a pool; it may block. */
  @Override
  public Label classify(Image image) {
    String text = image.getNumber() % 2 == 0 ? "cat" : "dog";
    return Label.newBuilder().setText(text).setServedBy(id).build();
  }

  public static void main(String[] args) throws InterruptedException {
    String id = args[0];
    try (EtcdRegistry registry = EtcdRegistry.connect(args[1]);
        RpcServer server =
            RpcServer.builder("vision.v1.Classifier")
                .id(id)
                .port(0)
                .service(ClassifierRpc.bind(new ModelServer(id)))
                .registry(registry)
                .shutdownHook()
                .start()) {
      server.awaitClosed();
    }
  }
}
