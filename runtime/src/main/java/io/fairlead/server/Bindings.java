package io.fairlead.server;

import io.fairlead.contract.ServiceBinding;
import io.grpc.ServerCallHandler;

/** Tells the handlers that our generated code binds from all others. */
final class Bindings {
  private Bindings() {}

  /**
   * Whether the handler leaves the event loop by itself, exactly where it has to. A stock handler,
   * or one of ours inside an interceptor that we did not write, is assumed to block.
   */
  static boolean hopByThemselves(ServerCallHandler<?, ?> handler) {
    return handler.getClass().getPackage().equals(ServiceBinding.class.getPackage());
  }
}
